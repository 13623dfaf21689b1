package libs

import (
	"bytes"
	stdjson "encoding/json"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/goccy/go-json"
	"github.com/minio/simdjson-go"
	"github.com/valyala/fastjson"
)

func BenchmarkNDJSONDecode(b *testing.B) {
	compare(b,
		lib{"longshore", decoding("ndjson")},
		lib{"encoding-json-map", decodeMaps(stdjson.Unmarshal)},
		lib{"encoding-json", decodeStructs(stdjson.Unmarshal)},
		lib{"goccy", decodeStructs(func(line []byte, v any) error { return json.Unmarshal(line, v) })},
		lib{"sonic", decodeStructs(sonic.Unmarshal)},
		lib{"fastjson", decodeFastJSON},
		lib{"simdjson", decodeSIMD})
}

func BenchmarkNDJSONEncode(b *testing.B) {
	compare(b,
		lib{"longshore", encoding("ndjson")},
		lib{"encoding-json-map", encodeMaps},
		lib{"encoding-json", encodeStructs(stdjson.Marshal)},
		lib{"goccy", encodeStructs(func(v any) ([]byte, error) { return json.Marshal(v) })},
		lib{"sonic", encodeStructs(sonic.Marshal)})
}

// decodeStructs reads line by line into structs.
func decodeStructs(unmarshal func([]byte, any) error) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		body := object(b, "ndjson")
		out := make([]order, 0, rows)
		return func() {
			out = out[:0]
			for line := range bytes.Lines(body) {
				var o order
				if err := unmarshal(line, &o); err != nil {
					b.Fatal(err)
				}
				out = append(out, o)
			}
			wantRows(b, len(out))
		}
	}
}

func decodeMaps(unmarshal func([]byte, any) error) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		body := object(b, "ndjson")
		return func() {
			read := 0
			for line := range bytes.Lines(body) {
				var o map[string]any
				if err := unmarshal(line, &o); err != nil {
					b.Fatal(err)
				}
				read++
			}
			wantRows(b, read)
		}
	}
}

// decodeFastJSON reads fields out of its tree, as its users do.
func decodeFastJSON(b *testing.B) func() {
	b.Helper()
	body := object(b, "ndjson")
	out := make([]order, 0, rows)
	var p fastjson.Parser
	return func() {
		out = out[:0]
		for line := range bytes.Lines(body) {
			v, err := p.ParseBytes(line)
			if err != nil {
				b.Fatal(err)
			}
			o := order{
				ID: v.GetInt64("id"), CustomerID: int32(v.GetInt("customer_id")), OrderUUID: string(v.GetStringBytes("order_uuid")),
				Status: string(v.GetStringBytes("status")), Quantity: int16(v.GetInt("quantity")), Amount: v.GetFloat64("amount"),
				Paid: v.GetBool("paid"), Email: string(v.GetStringBytes("email")),
			}
			if o.CreatedAt, err = time.Parse(time.RFC3339Nano, string(v.GetStringBytes("created_at"))); err != nil {
				b.Fatal(err)
			}
			if text := v.GetStringBytes("ship_date"); text != nil {
				o.ShipDate = new(day)
				if err := o.ShipDate.UnmarshalText(text); err != nil {
					b.Fatal(err)
				}
			}
			if d := v.Get("discount"); d.Type() == fastjson.TypeNumber {
				o.Discount = new(d.GetFloat64())
			}
			if text := v.GetStringBytes("note"); text != nil {
				o.Note = new(string(text))
			}
			out = append(out, o)
		}
		wantRows(b, len(out))
	}
}

// decodeSIMD makes its tape of the whole file, and nothing of the values but of how
// many objects there are: less than the others do.
func decodeSIMD(b *testing.B) func() {
	b.Helper()
	if !simdjson.SupportedCPU() {
		b.Skip("the processor lacks the instructions that simdjson needs")
	}
	body := object(b, "ndjson")
	var tape *simdjson.ParsedJson
	return func() {
		var err error
		if tape, err = simdjson.ParseND(body, tape, simdjson.WithCopyStrings(false)); err != nil {
			b.Fatal(err)
		}
		read := 0
		if err := tape.ForEach(func(simdjson.Iter) error { read++; return nil }); err != nil {
			b.Fatal(err)
		}
		wantRows(b, read)
	}
}

func encodeStructs(marshal func(any) ([]byte, error)) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		in := orders()
		var out []byte
		return func() {
			out = out[:0]
			for i := range in {
				line, err := marshal(&in[i])
				if err != nil {
					b.Fatal(err)
				}
				out = append(append(out, line...), '\n')
			}
		}
	}
}

func encodeMaps(b *testing.B) func() {
	b.Helper()
	maps := make([]map[string]any, 0, rows)
	for _, o := range orders() {
		maps = append(maps, map[string]any{
			"id": o.ID, "customer_id": o.CustomerID, "order_uuid": o.OrderUUID, "created_at": o.CreatedAt, "ship_date": o.ShipDate, "status": o.Status,
			"quantity": o.Quantity, "amount": o.Amount, "discount": o.Discount, "paid": o.Paid, "email": o.Email, "note": o.Note,
		})
	}
	var out []byte
	return func() {
		out = out[:0]
		for _, m := range maps {
			line, err := stdjson.Marshal(m)
			if err != nil {
				b.Fatal(err)
			}
			out = append(append(out, line...), '\n')
		}
	}
}
