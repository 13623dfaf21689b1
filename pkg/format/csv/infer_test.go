package csv

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

func inferText(t *testing.T, text string, opts format.ReadOptions) (schema.Inference, string) {
	t.Helper()
	inf, err := Format{}.Infer(context.Background(), format.Input{Name: "f.csv", Stream: strings.NewReader(text)}, opts)
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range inf.Fields {
		fields = append(fields, f.Name+" "+f.Type.String())
	}
	return inf, strings.Join(fields, ", ")
}

func TestInfer(t *testing.T) {
	tests := []struct {
		name, text, want string
		rows, malformed  int64
	}{
		{"types", "id,zip,at,ok,price,name\n1,01234,2024-01-01 00:00:00,true,1.5,x\n2,98765,2024-01-02 00:00:00,false,2,\n", "id Int64, zip String, at DateTime('UTC'), ok Bool, price Float64, name Nullable(String)", 2, 0},
		{"semicolons", "a;b\n1;x,y\n", "a Int64, b String", 1, 0},
		{"no header", "1,x\n2,y\n", "column_1 Int64, column_2 String", 2, 0},
		{"names are made columns' names", "First Name,2nd,First Name \n1,2,3\n", "First_Name Int64, _2nd Int64, First_Name_2 Int64", 1, 0},
		{"ragged rows", "a,b\n1\n1,2\n", "a Int64, b Int64", 2, 1},
		{"blank lines of one column", "a\n1\n\n2\n", "a Nullable(Int64)", 3, 0},
		{"blank lines before the first row", "\n\n1\n", "column_1 Nullable(Int64)", 3, 0},
		{"blank lines before a header", "\n\na\n1\n", "a Int64", 1, 0},
		{"blank lines at the end", "a\n1\n\n\r\n\r", "a Nullable(Int64)", 4, 0},
		{"empty quoted field is text", "a,b\n\"\",1\n", "a String, b Int64", 1, 0},
		{"empty file", "", "", 0, 0},
		{"header alone", "a,b\n", "a String, b String", 0, 0},
		{"stray quote", "a,b\n1,2\n3,\"x\n4,5\n", "a Int64, b Int64", 3, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := format.ReadOptions{}
			if strings.HasPrefix(tt.name, "names") {
				opts.CSV.Header = format.HeaderYes
			}
			inf, got := inferText(t, tt.text, opts)
			if got != tt.want || inf.Rows != tt.rows || inf.Malformed != tt.malformed {
				t.Errorf("got %s, %d rows, %d malformed, want %s, %d, %d", got, inf.Rows, inf.Malformed, tt.want, tt.rows, tt.malformed)
			}
		})
	}
}

func TestInferStopsAtTheSample(t *testing.T) {
	inf, got := inferText(t, "a\n1\n2\nx\n", format.ReadOptions{SampleRows: 2})
	if got != "a Int64" || inf.Rows != 2 {
		t.Errorf("got %s from %d rows", got, inf.Rows)
	}
}

func TestInferRefusesOtherFiles(t *testing.T) {
	_, err := Format{}.Infer(context.Background(), format.Input{Stream: strings.NewReader("\xff\xfea\x00")}, format.ReadOptions{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("UTF-16: got %v, want invalid", err)
	}
}

// TestInferredColumnsTakeTheFile decodes what was inferred: nothing is rejected.
func TestInferredColumnsTakeTheFile(t *testing.T) {
	file := string(shopFile(500))
	inf, _ := inferText(t, file, format.ReadOptions{})
	var columns []format.Column
	for _, f := range inf.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	d, err := Format{}.Decoder(context.Background(), format.Input{Stream: strings.NewReader(file)}, columns, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b block.Block
	if n, err := d.Next(&b, 1000); n != 500 || err != nil || len(d.Rejected()) > 0 {
		t.Errorf("got %d, %v, %d rejects: %v", n, err, len(d.Rejected()), fmt.Sprint(d.Rejected()))
	}
}
