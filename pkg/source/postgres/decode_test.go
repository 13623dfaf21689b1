package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/jackc/pgx/v5/pgconn"
)

// stream makes the answer to a COPY.
type stream struct{ bytes.Buffer }

func (s *stream) message(kind byte, body []byte) {
	s.WriteByte(kind)
	binary.Write(s, binary.BigEndian, int32(len(body)+4))
	s.Write(body)
}

var copyHeader = append([]byte(copySignature), 0, 0, 0, 0, 0, 0, 0, 0)

// rowBytes makes a row of the given values; nil is null.
func rowBytes(values ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(values)))
	for _, v := range values {
		if v == nil {
			b = binary.BigEndian.AppendUint32(b, math.MaxUint32)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	return b
}

// answer is a whole COPY of the rows; the first shares a message with the
// header, as the server has it.
func answer(rows [][]byte) []byte {
	var s stream
	s.message('H', []byte{1, 0, 0})
	head := copyHeader
	for _, row := range rows {
		s.message('d', append(bytes.Clone(head), row...))
		head = nil
	}
	s.message('d', append(bytes.Clone(head), 0xff, 0xff))
	s.message('c', nil)
	s.message('C', []byte("COPY 1\x00"))
	s.message('Z', []byte("T"))
	return s.Bytes()
}

func int64Bytes(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// decodeShapes are the shapes of sampleRow.
func decodeShapes() []shape {
	number, _ := builtin(oidInt8, -1)
	label, _ := builtin(oidText, -1)
	price, _ := builtin(oidNumeric, (12<<16|2)+4)
	moment, _ := builtin(oidTimestampTZ, -1)
	flag, _ := builtin(oidBool, -1)
	document, _ := builtin(oidJSONB, -1)
	exact, _ := builtin(oidNumeric, -1)
	host, _ := builtin(oidInet, -1)
	return []shape{number, label, price, moment, flag, document, exact, host, listShape(number), listShape(price)}
}

func sampleRow(i int64) []byte {
	price := []byte{0, 2, 0, 0, 0, 0, 0, 2, 0, byte(i % 100), 4, 0xb0} // i.12
	list := func(element []byte) []byte {
		b := []byte{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}
		return append(binary.BigEndian.AppendUint32(b, uint32(len(element))), element...)
	}
	label := []byte(fmt.Sprint("number ", i))
	if i%5 == 0 {
		label = nil
	}
	return rowBytes(int64Bytes(i), label, price, int64Bytes(i*1_000_000), []byte{byte(i % 2)}, []byte("\x01{}"),
		price, []byte{2, 32, 0, 4, 10, 0, 0, byte(i)}, list(int64Bytes(i)), list(price))
}

func newTestReader(shapes []shape, conn io.Reader) *reader {
	m := &model{}
	fields := make([]arrow.Field, len(shapes))
	for i, s := range shapes {
		name := fmt.Sprint("c", i)
		m.columns = append(m.columns, resultColumn{name: name, shape: s})
		fields[i] = s.field(name)
	}
	m.schema = arrow.NewSchema(fields, nil)
	r := newReader(&database{name: "shop", batchRows: 1000}, &session{conn: &pgconn.PgConn{}}, m, "read")
	r.wire = newWire(conn, len(shapes))
	return r
}

// drain decodes all batches and returns how many rows they had.
func drain(r *reader) (rows int, err error) {
	for {
		n, err := r.fillBatch()
		if n == 0 || err != nil {
			return rows, err
		}
		rec := r.record(n)
		rows += n
		rec.Release()
	}
}

func sampleAnswer(n int) []byte {
	rows := make([][]byte, n)
	for i := range rows {
		rows[i] = sampleRow(int64(i))
	}
	return answer(rows)
}

// TestTruncatedStream cuts an answer at every byte: each must be an error,
// never a shorter result.
func TestTruncatedStream(t *testing.T) {
	whole := sampleAnswer(3)
	for n := range whole {
		rows, err := drain(newTestReader(decodeShapes(), bytes.NewReader(whole[:n])))
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at byte %d: got %d rows and %v, want an unexpected end", n, rows, err)
		}
	}
	if rows, err := drain(newTestReader(decodeShapes(), bytes.NewReader(whole))); rows != 3 || err != nil {
		t.Fatalf("got %d rows and %v, want 3", rows, err)
	}
}

// TestAnyFraming sends the same bytes in other messages and other reads.
func TestAnyFraming(t *testing.T) {
	var body []byte
	body = append(body, copyHeader...)
	const rows = 50
	for i := range int64(rows) {
		body = append(body, rowBytes(int64Bytes(i), bytes.Repeat([]byte("x"), int(i)))...)
	}
	body = append(body, 0xff, 0xff)
	number, _ := builtin(oidInt8, -1)
	label, _ := builtin(oidText, -1)
	for _, size := range []int{len(copyHeader), len(copyHeader) + 1, 31, 64, 1000, len(body)} {
		var s stream
		s.message('H', []byte{1, 0, 0})
		for rest := body; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			s.message('d', rest[:min(size, len(rest))])
		}
		s.message('c', nil)
		s.message('Z', []byte("T"))
		for name, conn := range map[string]io.Reader{
			"whole": bytes.NewReader(s.Bytes()), "bytes": iotest.OneByteReader(bytes.NewReader(s.Bytes())),
		} {
			r := newTestReader([]shape{number, label}, conn)
			n, err := r.fillBatch()
			if err != nil || n != rows {
				t.Fatalf("messages of %d, %s: got %d rows and %v, want %d", size, name, n, err, rows)
			}
			rec := r.record(n)
			for i := range rows {
				id, label := rec.Column(0).(*array.Int64).Value(i), rec.Column(1).(*array.String).Value(i)
				if id != int64(i) || len(label) != i {
					t.Fatalf("messages of %d, %s: row %d is %d, %q", size, name, i, id, label)
				}
			}
			rec.Release()
		}
	}
}

// TestRowLargerThanTheBuffer has the read buffer grow.
func TestRowLargerThanTheBuffer(t *testing.T) {
	label, _ := builtin(oidText, -1)
	value := bytes.Repeat([]byte("0123456789"), readBuffer/4)
	r := newTestReader([]shape{label}, bytes.NewReader(answer([][]byte{rowBytes(value), rowBytes(value)})))
	n, err := r.fillBatch()
	if n != 2 || err != nil {
		t.Fatalf("got %d rows and %v, want 2", n, err)
	}
	rec := r.record(n)
	defer rec.Release()
	if got := rec.Column(0).(*array.String).Value(1); got != string(value) {
		t.Errorf("got %d bytes that aren't those sent", len(got))
	}
}

// TestServerErrorInTheMiddle has the server break off with an error.
func TestServerErrorInTheMiddle(t *testing.T) {
	var s stream
	s.Write(answer([][]byte{sampleRow(1)}))
	s.Truncate(bytes.Index(s.Bytes(), []byte{'d', 0, 0, 0, 6, 0xff, 0xff})) // at the trailer
	s.message('E', []byte("SFATAL\x00C57P01\x00Mterminating connection due to administrator command\x00\x00"))
	s.message('Z', []byte("T"))
	_, err := drain(newTestReader(decodeShapes(), bytes.NewReader(s.Bytes())))
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "57P01" {
		t.Errorf("got %v, want 57P01", err)
	}
}

// TestDecodingDoesNotAllocate counts the allocations of a million rows: those
// of a batch are allowed, those of a row aren't.
func TestDecodingDoesNotAllocate(t *testing.T) {
	const rows = 20_000
	whole := sampleAnswer(rows)
	shapes := decodeShapes()
	r := newTestReader(shapes, nil)
	allocations := testing.AllocsPerRun(5, func() {
		r.wire.conn = bytes.NewReader(whole)
		r.wire.opened, r.wire.trailer, r.wire.done = false, false, false
		if n, err := drain(r); n != rows || err != nil {
			t.Fatalf("got %d rows and %v", n, err)
		}
	})
	batches := float64(rows / r.db.batchRows)
	if most := batches * float64(len(shapes)*20); allocations > most {
		t.Errorf("got %v allocations for %d rows, want %v at most", allocations, rows, most)
	}
	t.Logf("%.4f allocations per row", allocations/rows)
}

// TestRetainedBatchStays retains a batch, reads on, and looks at it.
func TestRetainedBatchStays(t *testing.T) {
	r := newTestReader(decodeShapes(), bytes.NewReader(sampleAnswer(5000)))
	n, err := r.fillBatch()
	if err != nil {
		t.Fatal(err)
	}
	first := r.record(n)
	defer first.Release()
	before := fmt.Sprint(first)
	if _, err := drain(r); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(first) != before {
		t.Error("a retained batch changed while the next ones were read")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sampleAnswer(2))
	f.Add(answer(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newTestReader(decodeShapes(), bytes.NewReader(b))
		r.db.batchRows = 3
		for {
			n, err := r.fillBatch()
			if n == 0 || err != nil {
				return
			}
			rec := r.record(n)
			for _, c := range rec.Columns() {
				for i := range c.Len() {
					_ = c.ValueStr(i)
				}
			}
			rec.Release()
		}
	})
}

// FuzzNumeric compares the decimals with the digits.
func FuzzNumeric(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 0x40, 0, 0, 2, 0, 7, 4, 0xb0}, 2)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0}, 0)
	f.Add([]byte{0, 1, 0xff, 0xfe, 0, 0, 0, 8, 0, 7}, 8)
	f.Add([]byte{0, 1, 0xf0, 0, 0, 0, 0, 8, 0, 0}, 8)
	f.Fuzz(func(t *testing.T, b []byte, scale int) {
		v, ok := readNumeric(b)
		if !ok || scale < 0 || scale > 38 {
			return
		}
		for i := range v.count() {
			if v.group(i) > 9999 {
				return
			}
		}
		digits := string(v.appendText(nil))
		if len(digits) > v.textLength() {
			t.Fatalf("%d digits, more than the bound of %d", len(digits), v.textLength())
		}
		small, ok := v.decimal128(scale)
		large, okLarge := v.decimal256(scale)
		if ok && (!okLarge || small.BigInt().Cmp(large.BigInt()) != 0) {
			t.Fatalf("%.80s: %v as decimal128, %v, %v as decimal256", digits, small.BigInt(), large.BigInt(), okLarge)
		}
		if ok && v.scale >= scale && v.count() > 0 && small.ToString(int32(scale)) != trimScale(digits, v.scale, scale) && small.Sign() != 0 {
			t.Fatalf("got %s, want %s", small.ToString(int32(scale)), trimScale(digits, v.scale, scale))
		}
	})
}

// trimScale takes digits away behind the point, or the point itself.
func trimScale(digits string, scale, wanted int) string {
	digits = digits[:len(digits)-(scale-wanted)]
	if wanted == 0 && scale > 0 {
		digits = digits[:len(digits)-1]
	}
	return digits
}

// BenchmarkDecode is the decoder alone, for twelve columns of common types.
func BenchmarkDecode(b *testing.B) {
	const rows = 8192
	oids := []uint32{oidInt8, oidInt8, oidInt4, oidInt4, oidText, oidText, oidText, oidFloat8, oidTimestampTZ, oidTimestampTZ, oidBool, oidNumeric}
	shapes := make([]shape, len(oids))
	for i, oid := range oids {
		shapes[i], _ = builtin(oid, (12<<16|2)+4)
	}
	var all [][]byte
	for i := range int64(rows) {
		all = append(all, rowBytes(int64Bytes(i), int64Bytes(-i), int64Bytes(i)[4:], int64Bytes(i)[4:],
			[]byte("customer 12345"), []byte("a somewhat longer description of the order"), []byte("paid"),
			int64Bytes(i), int64Bytes(i), int64Bytes(i), []byte{1}, []byte{0, 2, 0, 0, 0, 0, 0, 2, 0, 7, 4, 0xb0}))
	}
	whole := answer(all)
	r := newTestReader(shapes, nil)
	r.db.batchRows = rows
	b.SetBytes(int64(len(whole)))
	b.ReportAllocs()
	for b.Loop() {
		r.wire.conn = bytes.NewReader(whole)
		r.wire.opened, r.wire.trailer, r.wire.done = false, false, false
		if n, err := drain(r); n != rows || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// TestClosedReader makes sure that a reader without a connection says so.
func TestClosedReader(t *testing.T) {
	r := newTestReader(decodeShapes(), nil)
	r.session = nil
	if _, err := r.Next(context.Background()); err == nil {
		t.Error("a closed reader returned a batch")
	}
}
