package daemon_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	pq "github.com/parquet-go/parquet-go"
)

// parquetLines has parquet-go read a file, and makes of each row the JSON
// document that docs/types.md promises for its values.
func parquetLines(body []byte, fields []*sentField) ([]string, error) {
	f, err := pq.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		for buf, done := make([]pq.Row, 256), false; !done; {
			n, err := rows.ReadRows(buf)
			if done = errors.Is(err, io.EOF); err != nil && !done {
				return nil, err
			}
			for _, row := range buf[:n] {
				line, err := parquetLine(row, fields)
				if err != nil {
					return nil, err
				}
				lines = append(lines, line)
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func parquetLine(row pq.Row, fields []*sentField) (string, error) {
	columns := map[int][]pq.Value{}
	for _, v := range row {
		columns[v.Column()] = append(columns[v.Column()], v)
	}
	at, doc := 0, map[string]any{}
	for _, f := range fields {
		if f.parts == nil {
			doc[f.name] = parquetValue(columns[at], f.typ)
			at++
			continue
		}
		inner := map[string]any{}
		for _, part := range f.parts {
			inner[part.name] = parquetValue(columns[at], part.typ)
			at++
		}
		doc[f.name] = inner
	}
	if at != len(columns) {
		return "", fmt.Errorf("got %d columns, want %d", len(columns), at)
	}
	line, err := json.Marshal(doc)
	return string(line), err
}

// parquetValue makes JSON of a column of a row. The elements of a list are at
// level 3; 2 is a null among them, 1 an empty list, 0 none.
func parquetValue(values []pq.Value, t *sqlType) any {
	if t.element == nil {
		if values[0].IsNull() {
			return nil
		}
		return t.parquet(values[0])
	}
	all := []any{}
	for _, v := range values {
		switch v.DefinitionLevel() {
		case 0:
			return nil
		case 1:
			return all
		case 2:
			all = append(all, nil)
		default:
			all = append(all, t.element.parquet(v))
		}
	}
	return all
}

func wholeJSON(v pq.Value) any { return json.Number(number(v).String()) }

// number is an integer, however wide.
func number(v pq.Value) *big.Int {
	switch v.Kind() {
	case pq.Int32:
		return big.NewInt(int64(v.Int32()))
	case pq.Int64:
		return big.NewInt(v.Int64())
	default:
		n := new(big.Int).SetBytes(v.ByteArray())
		if b := v.ByteArray(); len(b) > 0 && b[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return n
	}
}

// decimalJSON is for the small decimals, whose texts have their scale; those of
// more than 76 digits are text.
func decimalJSON(scale int) func(pq.Value) any {
	return func(v pq.Value) any {
		if v.Kind() == pq.ByteArray {
			return string(v.ByteArray())
		}
		n := number(v)
		if scale == 0 {
			return n.String()
		}
		text := fmt.Sprintf("%0*s", scale+1, new(big.Int).Abs(n).String())
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
		if n.Sign() < 0 {
			text = "-" + text
		}
		return text
	}
}

func textJSON(v pq.Value) any { return string(v.ByteArray()) }

func documentJSON(v pq.Value) any { return json.RawMessage(v.ByteArray()) }

func bytesJSON(v pq.Value) any { return `\x` + hex.EncodeToString(v.ByteArray()) }

func bytesUUID(v pq.Value) any {
	b := v.ByteArray()
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func floatJSON(v pq.Value) any {
	if v.Kind() == pq.Float {
		return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32)
	}
	return strconv.FormatFloat(v.Double(), 'g', -1, 64)
}

func dateJSON(v pq.Value) any {
	switch v.Int32() {
	case math.MaxInt32:
		return "infinity"
	case math.MinInt32:
		return "-infinity"
	}
	return dated(time.Unix(int64(v.Int32())*86400, 0), "")
}

func momentJSON(zone string) func(pq.Value) any {
	return func(v pq.Value) any {
		switch v.Int64() {
		case math.MaxInt64:
			return "infinity"
		case math.MinInt64:
			return "-infinity"
		}
		at := time.UnixMicro(v.Int64())
		return dated(at, at.UTC().Format(" 15:04:05.000000")+zone)
	}
}

// dated spells years as PostgreSQL does.
func dated(at time.Time, rest string) string {
	year, month, day := at.UTC().Date()
	if year < 1 {
		return fmt.Sprintf("%04d-%02d-%02d%s BC", 1-year, month, day, rest)
	}
	return fmt.Sprintf("%04d-%02d-%02d%s", year, month, day, rest)
}

func clockJSON(v pq.Value) any {
	micros := v.Int64()
	return strings.TrimSuffix(fmt.Sprintf("%02d:%02d:%02d.%06d", micros/3600e6, micros/60e6%60, micros/1e6%60, micros%1e6), ".000000")
}
