package ndjson

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/schema"
)

func infer(context.Context, *window.Window, format.ReadOptions) (schema.Inference, error) {
	return schema.Inference{}, fault.New(fault.Unknown, "x")
}
