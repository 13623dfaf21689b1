package daemon_test

import (
	"crypto/md5" //nolint:gosec // a sum that all the readers have
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"

	pq "github.com/parquet-go/parquet-go"
)

// measures is a table of most kinds of column: numbers in order and at random,
// few and many texts, nulls, and what CSV must quote. A row is about 60 bytes
// that no codec can do without.
const measures = `create table measures as
	select i::bigint as id, 'customer ' || i %% 1000 as customer,
		case when i %% 17 <> 0 then ((i * 7919::bigint) %% 1000000007)::numeric(12,2) / 100 end::numeric(12,2) as total,
		((i * 31) %% 65536 - 32768)::float8 / 1024 as rate, i %% 3 = 0 as gift,
		timestamptz '2024-01-01 00:00:00Z' + i * interval '1.000037 second' as ordered_at,
		case when i %% 5 <> 0 then date '1969-12-01' + i %% 20000 end as ships_on,
		md5(i || 'session')::uuid as session,
		md5(i::text) || case when i %% 97 = 0 then E' "é", \n' else '' end || md5((-i)::text) as note
	from generate_series(1, %d) i`

// How each program tallies measures: the number of rows and the sum of their
// hashes, which is the same in any order. A row's hash is the first 60 bits of
// the MD5 of a text of all its columns.
const (
	tallyInPostgres = `select count(*) || ' ' || sum(('x' || substr(md5(concat_ws('|', id, customer, coalesce((total * 100)::bigint::text, '-'),
		(rate * 1024)::bigint, gift::int, (extract(epoch from ordered_at) * 1000000)::bigint,
		coalesce((ships_on - date '1970-01-01')::text, '-'), session, note)), 1, 15))::bit(60)::bigint) from measures`

	tallyInClickHouse = `select concat(count(), ' ', sum(toUInt128(bitShiftRight(reinterpretAsUInt64(reverse(substring(MD5(concat(
		toString(id), '|', customer, '|', ifNull(toString(toInt64(total * 100)), '-'), '|', toString(toInt64(rate * 1024)), '|',
		toString(toUInt8(gift)), '|', toString(toUnixTimestamp64Micro(ordered_at)), '|', ifNull(toString(toInt32(ships_on)), '-'), '|',
		toString(session), '|', note)), 1, 8))), 4)))) from %s` + readBack

	tallyInDuckDB = `select count(*) || ' ' || sum(('0x' || substr(md5(concat_ws('|', id, customer, coalesce((total * 100)::bigint::varchar, '-'),
		(rate * 1024)::bigint, gift::int, epoch_us(ordered_at), coalesce((ships_on - date '1970-01-01')::varchar, '-'),
		session, note)), 1, 15))::bigint) as tally from %s`
)

// What the columns of measures are in programs that aren't told by the file.
const (
	measuresInClickHouse = "id Int64, customer String, total Nullable(Decimal(12,2)), rate Float64, gift Bool, " +
		"ordered_at DateTime64(6, 'UTC'), ships_on Nullable(Date32), session UUID, note String"
	measuresInDuckDB = "{id: 'BIGINT', customer: 'VARCHAR', total: 'DECIMAL(12,2)', rate: 'DOUBLE', gift: 'BOOLEAN', " +
		"ordered_at: 'TIMESTAMPTZ', ships_on: 'DATE', session: 'UUID', note: 'VARCHAR'}"
)

// counter makes a tally of rows that parquet-go read.
type counter struct {
	rows int64
	sum  big.Int
	text []byte // of a row
}

func (c *counter) String() string { return fmt.Sprintf("%d %s", c.rows, &c.sum) }

// add takes a row of measures.
func (c *counter) add(row pq.Row) {
	c.text = c.text[:0]
	for i, v := range row {
		if i > 0 {
			c.text = append(c.text, '|')
		}
		switch {
		case v.IsNull():
			c.text = append(c.text, '-')
		case v.Kind() == pq.Int64:
			c.text = strconv.AppendInt(c.text, v.Int64(), 10)
		case v.Kind() == pq.Int32:
			c.text = strconv.AppendInt(c.text, int64(v.Int32()), 10)
		case v.Kind() == pq.Double:
			c.text = strconv.AppendInt(c.text, int64(v.Double()*1024), 10)
		case v.Kind() == pq.Boolean:
			c.text = append(c.text, '0'+v.Bytes()[0])
		case v.Kind() == pq.FixedLenByteArray:
			c.text = appendUUID(c.text, v.ByteArray())
		default:
			c.text = append(c.text, v.ByteArray()...)
		}
	}
	hash := md5.Sum(c.text) //nolint:gosec // as above
	c.rows++
	first := new(big.Int).SetBytes(hash[:8])
	c.sum.Add(&c.sum, first.Rsh(first, 4))
}

func appendUUID(dst, b []byte) []byte {
	for _, group := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		dst = append(hex.AppendEncode(dst, group), '-')
	}
	return dst[:len(dst)-1]
}
