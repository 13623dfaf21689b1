package parquet

import "github.com/longshore/longshore/pkg/format"

// Format is the driver of Parquet files. It holds no state.
type Format struct{}

// Traits implements format.Reader and format.Writer.
func (Format) Traits() format.Traits {
	return format.Traits{
		Name: "parquet", Extension: ".parquet", MediaType: "application/vnd.apache.parquet",
		Compresses: true, RandomAccess: true, NamesFields: true,
	}
}
