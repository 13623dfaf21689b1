package csv

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// shopColumns is the twelve columns of an order.
var shopColumns = []struct{ name, typ string }{
	{"id", "Int64"}, {"created_at", "DateTime64(6, 'UTC')"}, {"session_id", "String"}, {"status", "LowCardinality(String)"},
	{"quantity", "Int16"}, {"weight", "Nullable(Float64)"}, {"gift", "Bool"}, {"total", "Decimal(12, 2)"},
	{"ships_on", "Date"}, {"note", "Nullable(String)"}, {"email", "String"}, {"payload", "String"},
}

func shopTypes() (columns []format.Column) {
	for _, c := range shopColumns {
		columns = append(columns, format.Column{Name: c.name, Type: schema.MustParseType(c.typ)})
	}
	return columns
}

var shopStatus = []string{"new", "paid", "packed", "shipped", "delivered", "returned"}

// shopFile makes orders, about 270 bytes each.
func shopFile(rows int) []byte {
	rnd := rand.New(rand.NewPCG(1, 7))
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	var header []string
	for _, c := range shopColumns {
		header = append(header, c.name)
	}
	w.Write(header)
	for i := range rows {
		weight, note := "", ""
		if rnd.IntN(10) > 0 {
			weight = strconv.FormatFloat(rnd.Float64()*100, 'g', -1, 64)
		}
		if rnd.IntN(3) == 0 {
			note = fmt.Sprintf("please leave it with the neighbour at number %d", rnd.IntN(200))
		}
		w.Write([]string{
			strconv.Itoa(i), time.UnixMicro(1700000000000000 + int64(i)*1337000 + rnd.Int64N(1000000)).UTC().Format("2006-01-02 15:04:05.000000"),
			fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()), shopStatus[rnd.IntN(len(shopStatus))],
			strconv.Itoa(rnd.IntN(20) + 1), weight, strconv.FormatBool(rnd.IntN(8) == 0), fmt.Sprintf("%d.%02d", rnd.IntN(10000), rnd.IntN(100)),
			time.Unix(int64(19700+rnd.IntN(400))*86400, 0).UTC().Format(time.DateOnly), note,
			fmt.Sprintf("customer.%d@mail%d.example", rnd.IntN(1000000), rnd.IntN(30)),
			fmt.Sprintf(`{"sku":"A-%05d","qty":%d,"tags":["%s","gift"],"src":{"utm":"mail","click":%d}}`, rnd.IntN(100000), rnd.IntN(9), shopStatus[rnd.IntN(6)], rnd.IntN(1<<30)),
		})
	}
	w.Flush()
	return b.Bytes()
}

const benchRows = 50_000

func BenchmarkDecode(b *testing.B) {
	file, columns := shopFile(benchRows), shopTypes()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var dst block.Block
	for b.Loop() {
		d, err := Format{}.Decoder(context.Background(), format.Input{Stream: bytes.NewReader(file)}, columns, format.ReadOptions{})
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

// BenchmarkEncodingCSV is the standard library's reader and the same types.
func BenchmarkEncodingCSV(b *testing.B) {
	file := shopFile(benchRows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(file))
		r.ReuseRecord = true
		var ids, times, days []int64
		var texts [5][]string
		var weights []float64
		r.Read()
		for {
			rec, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			id, _ := strconv.ParseInt(rec[0], 10, 64)
			at, _ := time.Parse("2006-01-02 15:04:05.000000", rec[1])
			quantity, _ := strconv.ParseInt(rec[4], 10, 16)
			weight, _ := strconv.ParseFloat(rec[5], 64)
			total, _ := strconv.ParseFloat(rec[7], 64)
			day, _ := time.Parse(time.DateOnly, rec[8])
			ids, times, days, weights = append(ids, id, quantity), append(times, at.UnixMicro()), append(days, day.Unix()), append(weights, weight, total)
			for i, at := range []int{2, 3, 9, 10, 11} {
				texts[i] = append(texts[i], rec[at])
			}
		}
		if len(ids)+len(times)+len(days)+len(weights) != 6*benchRows {
			b.Fatal("rows are missing")
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
