package libs

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/jszwec/csvutil"
)

func BenchmarkCSVDecode(b *testing.B) {
	compare(b,
		lib{"longshore", decoding("csv")},
		lib{"encoding-csv", decodeStandardCSV},
		lib{"csvutil", decodeCSVUtil})
}

func BenchmarkCSVEncode(b *testing.B) {
	compare(b,
		lib{"longshore", encoding("csv")},
		lib{"encoding-csv", encodeStandardCSV},
		lib{"csvutil", encodeCSVUtil})
}

// decodeStandardCSV parses each field with the standard library.
func decodeStandardCSV(b *testing.B) func() {
	b.Helper()
	body := object(b, "csv")
	out := make([]order, 0, rows)
	return func() {
		r := csv.NewReader(bytes.NewReader(body))
		r.ReuseRecord = true
		out = out[:0]
		_, err := r.Read() // the header
		for err == nil {
			var rec []string
			if rec, err = r.Read(); err == nil {
				out = append(out, orderOfTexts(b, rec))
			}
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		wantRows(b, len(out))
	}
}

func orderOfTexts(b *testing.B, rec []string) (o order) {
	b.Helper()
	var errs [8]error
	o.ID, errs[0] = strconv.ParseInt(rec[0], 10, 64)
	customer, err := strconv.ParseInt(rec[1], 10, 32)
	o.CustomerID, errs[1] = int32(customer), err
	o.CreatedAt, errs[2] = time.Parse(time.RFC3339Nano, rec[3])
	quantity, err := strconv.ParseInt(rec[6], 10, 16)
	o.Quantity, errs[3] = int16(quantity), err
	o.Amount, errs[4] = strconv.ParseFloat(rec[7], 64)
	o.Paid, errs[5] = strconv.ParseBool(rec[9])
	o.OrderUUID, o.Status, o.Email = rec[2], rec[5], rec[10]
	if rec[4] != "" {
		o.ShipDate = new(day)
		errs[6] = o.ShipDate.UnmarshalText([]byte(rec[4]))
	}
	if rec[8] != "" {
		o.Discount = new(float64)
		*o.Discount, errs[7] = strconv.ParseFloat(rec[8], 64)
	}
	if rec[11] != "" {
		o.Note = &rec[11]
	}
	if err := errors.Join(errs[:]...); err != nil {
		b.Fatal(err)
	}
	return o
}

func decodeCSVUtil(b *testing.B) func() {
	b.Helper()
	body := object(b, "csv")
	out := make([]order, 0, rows)
	return func() {
		d, err := csvutil.NewDecoder(csv.NewReader(bytes.NewReader(body)))
		if err != nil {
			b.Fatal(err)
		}
		out = out[:0]
		for {
			var o order
			if err := d.Decode(&o); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			out = append(out, o)
		}
		wantRows(b, len(out))
	}
}

func encodeStandardCSV(b *testing.B) func() {
	b.Helper()
	in := orders()
	var out bytes.Buffer
	return func() {
		out.Reset()
		w := csv.NewWriter(&out)
		rec := make([]string, 12)
		for i := range in {
			if err := w.Write(textsOf(&in[i], rec)); err != nil {
				b.Fatal(err)
			}
		}
		if w.Flush(); w.Error() != nil {
			b.Fatal(w.Error())
		}
	}
}

func textsOf(o *order, rec []string) []string {
	rec[0], rec[1], rec[2] = strconv.FormatInt(o.ID, 10), strconv.Itoa(int(o.CustomerID)), o.OrderUUID
	rec[3], rec[4], rec[5] = o.CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00"), "", o.Status
	rec[6], rec[7], rec[8] = strconv.Itoa(int(o.Quantity)), strconv.FormatFloat(o.Amount, 'f', 2, 64), ""
	rec[9], rec[10], rec[11] = strconv.FormatBool(o.Paid), o.Email, ""
	if o.ShipDate != nil {
		rec[4] = o.ShipDate.time().Format(time.DateOnly)
	}
	if o.Discount != nil {
		rec[8] = strconv.FormatFloat(*o.Discount, 'f', -1, 64)
	}
	if o.Note != nil {
		rec[11] = *o.Note
	}
	return rec
}

func encodeCSVUtil(b *testing.B) func() {
	b.Helper()
	in := orders()
	var out bytes.Buffer
	return func() {
		out.Reset()
		w := csv.NewWriter(&out)
		e := csvutil.NewEncoder(w)
		for i := range in {
			if err := e.Encode(&in[i]); err != nil {
				b.Fatal(err)
			}
		}
		if w.Flush(); w.Error() != nil {
			b.Fatal(w.Error())
		}
	}
}
