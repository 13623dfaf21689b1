// Package telemetry is how the daemons tell what they do: logs and versions.
package telemetry

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/longshore/longshore/pkg/fault"
)

// Version is the build's version, set by the linker.
var Version = "dev"

// LogConfig says how to log.
type LogConfig struct {
	// Level is debug, info, warn or error.
	Level string `env:"LONGSHORE_LOG_LEVEL" envDefault:"info"`
	// Format is json for machines or console for people.
	Format string `env:"LONGSHORE_LOG_FORMAT" envDefault:"json"`
}

// NewLog returns a logger to standard error. The error is Invalid.
func NewLog(cfg LogConfig) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(cfg.Level)
	if err != nil {
		return nil, fault.New(fault.Invalid, "LONGSHORE_LOG_LEVEL is %q; use debug, info, warn or error", cfg.Level)
	}
	zc := zap.NewProductionConfig()
	zc.Sampling = nil // a line per attempt is worth keeping
	zc.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	zc.EncoderConfig.EncodeDuration = zapcore.SecondsDurationEncoder
	zc.DisableStacktrace = true
	switch cfg.Format {
	case "json":
	case "console":
		zc.Encoding = "console"
		zc.EncoderConfig.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		zc.EncoderConfig.EncodeLevel = zapcore.CapitalLevelEncoder
	default:
		return nil, fault.New(fault.Invalid, "LONGSHORE_LOG_FORMAT is %q; use json or console", cfg.Format)
	}
	zc.Level = zap.NewAtomicLevelAt(level)
	return zc.Build(zap.WithCaller(false))
}
