package clickhouse

import (
	"strings"

	"github.com/longshore/longshore/pkg/schema"
)

// The columns of a quarantine beside those of its table. What doesn't apply to a
// row's format is null.
const (
	ErrorColumn   = "c__error_column" // Array(String): the columns that were refused
	ErrorText     = "c__error"        // Array(String): why, one for each
	ImportID      = "c__import_id"    // String: the run
	InsertionDate = "insertion_date"  // DateTime64(3, 'UTC'): when it was quarantined
	ErrorFile     = "c__file"         // String: the object's key
	ErrorETag     = "c__etag"         // String: and its version
	ErrorRow      = "c__row"          // UInt64: the row's number in the file, from 1
	ErrorLine     = "c__line"         // Nullable(UInt64): the line on which it begins, from 1
	ErrorOffset   = "c__offset"       // Nullable(UInt64): the byte at which it begins
	ErrorRowGroup = "c__row_group"    // Nullable(UInt32): its row group in Parquet, from 0
	ErrorRaw      = "c__raw"          // String: the row as it was
	Fingerprint   = "c__fingerprint"  // String: equal for errors of one cause
)

var quarantineColumns = []Column{
	{Name: ErrorColumn, Type: schema.MustParseType("Array(String)")},
	{Name: ErrorText, Type: schema.MustParseType("Array(String)")},
	{Name: ImportID, Type: schema.Of(schema.String)},
	{Name: InsertionDate, Type: schema.MustParseType("DateTime64(3, 'UTC')"), Default: "now64(3)"},
	{Name: ErrorFile, Type: schema.Of(schema.String)},
	{Name: ErrorETag, Type: schema.Of(schema.String)},
	{Name: ErrorRow, Type: schema.Of(schema.UInt64)},
	{Name: ErrorLine, Type: schema.MustParseType("Nullable(UInt64)")},
	{Name: ErrorOffset, Type: schema.MustParseType("Nullable(UInt64)")},
	{Name: ErrorRowGroup, Type: schema.MustParseType("Nullable(UInt32)")},
	{Name: ErrorRaw, Type: schema.Of(schema.String), Codec: "ZSTD(1)"},
	{Name: Fingerprint, Type: schema.Of(schema.String)},
}

// QuarantineName returns the name of a table's quarantine.
func QuarantineName(table string) string { return table + "_quarantine" }

// Quarantine returns the table for the rows that don't fit into t: its columns
// as Nullable(String), and what is known of the error.
func Quarantine(t Table) Table {
	q := Table{
		Database: t.Database, Name: QuarantineName(t.Name), Cluster: t.Cluster, Distributed: t.Distributed, Extend: t.Extend,
		ShardingKey: "cityHash64(" + ErrorFile + ", " + ErrorRow + ")",
		Comment:     "Rows that do not fit into " + t.Name,
		Engine:      own("MergeTree", t.replicated()),
		// No partition key: tokens count within a partition, and a repeated INSERT
		// would have another insertion_date.
		SortingKey: strings.Join([]string{Fingerprint, ErrorFile, ErrorRow}, ", "),
	}
	for _, c := range t.Columns {
		q.Columns = append(q.Columns, quarantined(c))
	}
	q.Columns = append(q.Columns, quarantineColumns...)
	return q
}

// quarantined returns the column as a quarantine keeps it.
func quarantined(c Column) Column {
	return Column{Name: c.Name, Type: schema.NullableOf(schema.Of(schema.String))}
}
