package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/schema"
)

// FileColumn is the column by which the rows of a table know the file version
// that they came from: its FileID, or 0 for rows that came another way. It is
// MATERIALIZED, so that SELECT * doesn't show it and INSERTs of others needn't
// fill it.
const FileColumn = "_longshore_file"

// fillsMaterialized is the setting that lets an INSERT fill such a column.
const fillsMaterialized = "insert_allow_materialized_columns"

// FileID returns the id of a file version. It is never 0. Ids are 64 bits of a
// hash: among a million files two share one with a chance of one in 30 million.
func FileID(key, etag string) uint64 {
	sum := sha256.Sum256([]byte(key + "\x00" + etag))
	return max(binary.LittleEndian.Uint64(sum[:]), 1)
}

var fileColumn = Column{Name: FileColumn, Type: schema.Of(schema.UInt64), Materialized: "0", Codec: "ZSTD(1)"}

// withFileColumn returns t with the FileColumn that it wants, where the server
// lets us fill it.
func (c *Client) withFileColumn(ctx context.Context, t Table) (Table, error) {
	if !t.KnowsFiles {
		return t, nil
	}
	able, err := c.fillsFileColumn(ctx, "create table "+t.path())
	if able {
		t.Columns = append(t.Columns[:len(t.Columns):len(t.Columns)], fileColumn)
	}
	return t, err
}

// fillsFileColumn reports whether the server has the setting, and takes settings
// as our drivers send them. It is asked once, for the sake of what.
func (c *Client) fillsFileColumn(ctx context.Context, what string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fills == nil {
		n, err := c.count(ctx, what, "system.settings WHERE name = "+Literal(fillsMaterialized))
		if err != nil {
			return false, err
		}
		server, err := c.conn.ServerVersion()
		if err != nil {
			return false, c.target.fault(action{verb: "read the version"}, err)
		}
		c.fills = new(n > 0 && proto.FeatureSettingsSerializedAsStrings.In(int(server.Revision)))
	}
	return *c.fills, nil
}

// KnowsFiles reports whether a table of the connection's database has the
// FileColumn: whether an Insert into it may name a File. Tables on servers that
// are older than the setting have none, and those of an older version of
// Longshore get it when they are next ensured.
func (c *Client) KnowsFiles(ctx context.Context, table string) (bool, error) {
	able, err := c.fillsFileColumn(ctx, "look at table "+table)
	if err != nil || !able {
		return false, err
	}
	n, err := c.count(ctx, "look at table "+table, fmt.Sprintf("system.columns WHERE database = %s AND table = %s AND name = %s AND default_kind = 'MATERIALIZED'",
		Literal(c.target.database), Literal(table), Literal(FileColumn)))
	return n > 0, err
}

// count returns how many rows FROM yields. It is spelled for servers of any age.
func (c *Client) count(ctx context.Context, what, from string) (n uint64, err error) {
	err = c.Query(ctx, what, "SELECT count() FROM "+from, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}

// sameFile is a block's FileColumn: one id for all rows.
type sameFile struct {
	id   uint64
	rows int
}

var _ proto.ColInput = sameFile{}

// Type implements proto.ColInput.
func (c sameFile) Type() proto.ColumnType { return proto.ColumnTypeUInt64 }

// Rows implements proto.ColInput.
func (c sameFile) Rows() int { return c.rows }

// EncodeColumn implements proto.ColInput.
func (c sameFile) EncodeColumn(b *proto.Buffer) {
	for range c.rows {
		b.Buf = binary.LittleEndian.AppendUint64(b.Buf, c.id)
	}
}

// WriteColumn implements proto.ColInput.
func (c sameFile) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

// rowFiles is a block's FileColumn with an id for each row.
type rowFiles []uint64

var _ proto.ColInput = rowFiles{}

// Type implements proto.ColInput.
func (c rowFiles) Type() proto.ColumnType { return proto.ColumnTypeUInt64 }

// Rows implements proto.ColInput.
func (c rowFiles) Rows() int { return len(c) }

// EncodeColumn implements proto.ColInput.
func (c rowFiles) EncodeColumn(b *proto.Buffer) {
	for _, id := range c {
		b.Buf = binary.LittleEndian.AppendUint64(b.Buf, id)
	}
}

// WriteColumn implements proto.ColInput.
func (c rowFiles) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

// files returns the FileColumn of the rows; nil where it is left out.
func (in Insert) files() proto.ColInput {
	switch {
	case len(in.Files) > 0:
		return rowFiles(in.Files)
	case in.File != 0:
		return sameFile{in.File, in.Block.Rows()}
	}
	return nil
}
