package clickhouse_test

import (
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/longshore/longshore/pkg/fault"
)

// TestCodes judges what no server at hand can be brought to say.
func TestCodes(t *testing.T) {
	tests := []struct {
		code int32
		kind fault.Kind
		text string
	}{
		{516, fault.Denied, "AUTHENTICATION_FAILED (516)"}, {192, fault.Denied, ""}, {193, fault.Denied, "check the user and password"},
		{164, fault.Denied, "readonly"}, {452, fault.Denied, ""},
		{60, fault.NotFound, ""}, {81, fault.NotFound, ""}, {57, fault.Conflict, ""},
		{62, fault.Invalid, ""}, {47, fault.Invalid, ""}, {6, fault.Invalid, ""}, {27, fault.Invalid, ""}, {53, fault.Invalid, ""},
		{70, fault.Invalid, ""}, {16, fault.Invalid, ""}, {349, fault.Invalid, ""}, {115, fault.Invalid, ""},
		{252, fault.Throttled, "merges"}, {202, fault.Throttled, ""}, {241, fault.Throttled, "memory"}, {745, fault.Throttled, ""},
		{159, fault.Temporary, ""}, {209, fault.Temporary, ""}, {210, fault.Temporary, ""}, {242, fault.Temporary, "Keeper"},
		{243, fault.Temporary, "disk"}, {319, fault.Temporary, ""}, {999, fault.Temporary, "Keeper"}, {394, fault.Temporary, ""},
		{49, fault.Unknown, ""}, {1001, fault.Unknown, ""}, {1002, fault.Unknown, ""},
	}
	c := client(t, "clickhouse://writer:hush@127.0.0.1:9000/shop")
	for _, tt := range tests {
		const message = "DB::Exception: it went\nwrong. Stack trace:\n\n0. at once"
		for _, err := range []error{
			&ch.Exception{Code: proto.Error(tt.code), Name: "DB::Exception", Message: message},
			&driver.Exception{Code: tt.code, Name: "DB::Exception", Message: message},
		} {
			wantFault(t, c.Fault("append to shop.orders", "", err), tt.kind, "connection warehouse: append to shop.orders: ", "): it went wrong.", tt.text)
		}
	}
}

func TestDenialNamesTheGrant(t *testing.T) {
	c := client(t, "clickhouse://writer:hush@127.0.0.1:9000/shop")
	err := &ch.Exception{Code: proto.ErrAccessDenied, Name: "DB::Exception", Message: "writer: Not enough privileges."}
	wantFault(t, c.Fault("append to shop.orders", "INSERT ON `shop`.`orders`", err), fault.Denied,
		"ACCESS_DENIED (497): writer: Not enough privileges.; GRANT INSERT ON `shop`.`orders` TO writer")
	wantFault(t, c.Fault("look up files", "", err), fault.Denied, "grant the user what the message names")
}
