package ndjson

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
)

var shopTypes = columnsOf(`id Int64; created_at DateTime64(6,'UTC'); session_id String; status LowCardinality(String);
	quantity Int16; weight Nullable(Float64); gift Bool; total Decimal(12,2); ships_on Date; note Nullable(String); email String; payload String`)

var shopStatus = []string{"new", "paid", "packed", "shipped", "delivered", "returned"}

// shopFile makes orders, about 370 bytes each.
func shopFile(rows int) []byte {
	rnd := rand.New(rand.NewPCG(1, 7))
	var b bytes.Buffer
	for i := range rows {
		weight, note := "null", "null"
		if rnd.IntN(10) > 0 {
			weight = strconv.FormatFloat(rnd.Float64()*100, 'g', -1, 64)
		}
		if rnd.IntN(3) == 0 {
			note = fmt.Sprintf(`"please leave it with the neighbour at number %d"`, rnd.IntN(200))
		}
		fmt.Fprintf(&b, `{"id":%d,"created_at":%q,"session_id":"%016x%016x","status":%q,"quantity":%d,"weight":%s,"gift":%v,"total":%d.%02d,"ships_on":%q,"note":%s,"email":"customer.%d@mail%d.example","payload":{"sku":"A-%05d","qty":%d,"tags":[%q,"gift"],"src":{"utm":"mail","click":%d}}}`+"\n",
			i, time.UnixMicro(1700000000000000+int64(i)*1337000+rnd.Int64N(1000000)).UTC().Format("2006-01-02T15:04:05.000000Z"),
			rnd.Uint64(), rnd.Uint64(), shopStatus[rnd.IntN(len(shopStatus))], rnd.IntN(20)+1, weight, rnd.IntN(8) == 0,
			rnd.IntN(10000), rnd.IntN(100), time.Unix(int64(19700+rnd.IntN(400))*86400, 0).UTC().Format(time.DateOnly), note,
			rnd.IntN(1000000), rnd.IntN(30), rnd.IntN(100000), rnd.IntN(9), shopStatus[rnd.IntN(6)], rnd.IntN(1<<30))
	}
	return b.Bytes()
}

const benchRows = 50_000

func BenchmarkDecode(b *testing.B) {
	file := shopFile(benchRows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var dst block.Block
	for b.Loop() {
		d, err := Format{}.Decoder(context.Background(), format.Input{Stream: bytes.NewReader(file)}, shopTypes, format.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for {
			n, err := d.Next(&dst, 16384)
			if err == io.EOF {
				break
			}
			if err != nil || len(d.Rejected()) > 0 {
				b.Fatal(err, d.Rejected())
			}
			rows += n
		}
		if rows != benchRows {
			b.Fatal(rows)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkEncodingJSON is the standard library into a struct of the same types.
func BenchmarkEncodingJSON(b *testing.B) {
	file := shopFile(benchRows / 10)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	type order struct {
		ID        int64           `json:"id"`
		CreatedAt time.Time       `json:"created_at"`
		SessionID string          `json:"session_id"`
		Status    string          `json:"status"`
		Quantity  int16           `json:"quantity"`
		Weight    *float64        `json:"weight"`
		Gift      bool            `json:"gift"`
		Total     json.Number     `json:"total"`
		ShipsOn   string          `json:"ships_on"`
		Note      *string         `json:"note"`
		Email     string          `json:"email"`
		Payload   json.RawMessage `json:"payload"`
	}
	for b.Loop() {
		for line := range bytes.Lines(file) {
			var o order
			if err := json.Unmarshal(line, &o); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(benchRows/10)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
