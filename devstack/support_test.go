package devstack_test

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/ext"
)

// errEnd ends the input of a ch-go INSERT.
var errEnd = io.EOF

func extTable() (*ext.Table, error) {
	table, err := ext.NewTable("wanted", ext.Column("a", "UInt64"), ext.Column("s", "String"))
	if err != nil {
		return nil, err
	}
	for i := range uint64(4) {
		if err := table.Append(i, "x"); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// residentBytes is the memory of this process.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc:", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// send sends bytes and waits until the other side hangs up or answers.
func send(t *testing.T, address string, data []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, conn)
}
