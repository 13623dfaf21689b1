package text_test

import (
	"bytes"
	"encoding/json"
	oldrand "math/rand" //nolint:depguard // math/big knows no other
	"math/rand/v2"
	"strings"
	"testing"
)

// compactJSON writes doc as encoding/json compacts it.
func compactJSON(t *testing.T, w *strings.Builder, doc string) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(doc)); err != nil {
		t.Fatal(err)
	}
	w.Write(b.Bytes())
}

// mathRand gives math/big, which knows only the old package, numbers of the new.
type mathRand struct{ r *rand.Rand }

func (m mathRand) Rand() *oldrand.Rand { return oldrand.New(m) }
func (m mathRand) Int63() int64        { return m.r.Int64() }
func (m mathRand) Uint64() uint64      { return m.r.Uint64() }
func (m mathRand) Seed(int64)          {}
