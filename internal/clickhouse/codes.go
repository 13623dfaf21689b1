package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/fault"
)

// verdict is what a server's error code means.
type verdict struct {
	kind   fault.Kind
	remedy string
}

const (
	checkLogin  = "check the user and password of the connection's URL"
	slowDown    = "let its merges catch up: append less often, or larger blocks"
	lessMemory  = "set LONGSHORE_CHUNK_BYTES lower, or raise the server's memory limit"
	waitReplica = "check that the replica reaches its Keeper"
)

// verdicts are the codes that appends, DDL and the ledger's queries meet.
var verdicts = map[proto.Error]verdict{
	proto.ErrUnknownUser:                {fault.Denied, checkLogin},
	proto.ErrWrongPassword:              {fault.Denied, checkLogin},
	proto.ErrRequiredPassword:           {fault.Denied, checkLogin},
	proto.ErrAuthenticationFailed:       {fault.Denied, checkLogin},
	proto.ErrIPAddressNotAllowed:        {fault.Denied, "let the user connect from this address"},
	proto.ErrAccessDenied:               {fault.Denied, "grant the user what the message names"},
	proto.ErrDatabaseAccessDenied:       {fault.Denied, "let the user use the database"},
	proto.ErrReadonly:                   {fault.Denied, "give the user a profile that isn't readonly"},
	proto.ErrSettingConstraintViolation: {fault.Denied, "let the user's profile change the setting"},

	proto.ErrUnknownTable:    {fault.NotFound, "push the datasource to create its tables"},
	proto.ErrTableIsDropped:  {fault.NotFound, "push the datasource to create its tables"},
	proto.ErrUnknownDatabase: {fault.NotFound, "create the database, or correct the connection's URL"},

	proto.ErrTableAlreadyExists:    {fault.Conflict, ""},
	proto.ErrDatabaseAlreadyExists: {fault.Conflict, ""},

	proto.ErrTooManyParts:               {fault.Throttled, slowDown},
	proto.ErrTooManySimultaneousQueries: {fault.Throttled, "lower the number of appenders, or raise max_concurrent_queries"},
	proto.ErrMemoryLimitExceeded:        {fault.Throttled, lessMemory},
	proto.ErrQuotaExpired:               {fault.Throttled, "raise the user's quota"},

	proto.ErrTimeoutExceeded:                   {fault.Temporary, ""},
	proto.ErrSocketTimeout:                     {fault.Temporary, ""},
	proto.ErrNetworkError:                      {fault.Temporary, ""},
	proto.ErrDNSError:                          {fault.Temporary, ""},
	proto.ErrAllConnectionTriesFailed:          {fault.Temporary, ""},
	proto.ErrAborted:                           {fault.Temporary, ""},
	proto.ErrQueryWasCancelled:                 {fault.Temporary, ""},
	proto.ErrCannotScheduleTask:                {fault.Temporary, ""},
	proto.ErrDeadlockAvoided:                   {fault.Temporary, ""},
	proto.ErrAttemptToReadAfterEOF:             {fault.Temporary, ""},
	proto.ErrUnexpectedPacketFromClient:        {fault.Temporary, ""},
	proto.ErrChecksumDoesntMatch:               {fault.Temporary, ""},
	proto.ErrNotEnoughSpace:                    {fault.Temporary, "give the server more disk"},
	proto.ErrTableIsReadOnly:                   {fault.Temporary, waitReplica},
	proto.ErrNoZookeeper:                       {fault.Temporary, waitReplica},
	proto.ErrKeeperException:                   {fault.Temporary, waitReplica},
	proto.ErrTooFewLiveReplicas:                {fault.Temporary, waitReplica},
	proto.ErrUnsatisfiedQuorumForPreviousWrite: {fault.Temporary, waitReplica},
	proto.ErrUnknownStatusOfInsert:             {fault.Temporary, ""},
	proto.ErrCannotAssignAlter:                 {fault.Temporary, ""},
	proto.ErrUnfinished:                        {fault.Temporary, ""},
}

// judge returns what a code means. Codes that aren't listed say that a
// statement, a table or its data is wrong: those of ClickHouse nearly all do.
func judge(code proto.Error) (fault.Kind, string) {
	if v, ok := verdicts[code]; ok {
		return v.kind, v.remedy
	}
	switch code {
	case 0, proto.ErrLogicalError, proto.ErrStdException, proto.ErrPocoException, proto.ErrUnknownException, proto.ErrCannotAllocateMemory:
		return fault.Unknown, ""
	case proto.ErrServerOverloaded:
		return fault.Throttled, slowDown
	case proto.ErrQueryWasCancelledByClient:
		return fault.Temporary, ""
	}
	return fault.Invalid, ""
}
