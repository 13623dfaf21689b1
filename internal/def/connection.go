package def

// ConnectionType is the kind of system behind a connection.
type ConnectionType string

// The connection types. A MinIO connection is of type S3.
const (
	S3         ConnectionType = "s3"
	Postgres   ConnectionType = "postgres"
	MySQL      ConnectionType = "mysql"
	ClickHouse ConnectionType = "clickhouse"
)

// Connection says where data lives, with credentials. Exactly one of S3 and SQL
// is set.
type Connection struct {
	Name string         `json:"name"`
	Type ConnectionType `json:"type"`
	S3   *S3Connection  `json:"s3,omitempty"`
	SQL  *SQLConnection `json:"sql,omitempty"`
	Pos  Position       `json:"-"`
}

// S3Connection is an account on S3 or on a store that speaks its protocol. Any
// field may be empty. Without keys and ARN the AWS default chain is used.
type S3Connection struct {
	Region     Value `json:"region"`
	AccessKey  Value `json:"access_key"`
	Secret     Value `json:"secret"`
	ARN        Value `json:"arn"`         // role to assume
	ExternalID Value `json:"external_id"` // given when assuming ARN
	Bucket     Value `json:"bucket"`      // of syncs that name none
	Endpoint   Value `json:"endpoint"`    // URL; empty means AWS
	PathStyle  bool  `json:"path_style"`  // by default true when Endpoint is set
	CACert     Value `json:"ca_cert"`     // PEM text, or the path of a PEM file
}

// SQLConnection is a database: a URL, or its fields. See ResolveURL.
type SQLConnection struct {
	URL      Value  `json:"url"`
	Host     Value  `json:"host"`
	Port     int    `json:"port"` // 0 means the default of the type
	Database Value  `json:"database"`
	User     Value  `json:"user"`
	Password Value  `json:"password"`
	TLS      string `json:"tls"`     // disable, require, verify; empty means the driver's default
	CACert   Value  `json:"ca_cert"` // PEM text, or the path of a PEM file

	// Of type ClickHouse alone.
	Cluster      string `json:"cluster,omitempty"`       // on whose servers tables are made; empty is this one
	Distributed  bool   `json:"distributed,omitempty"`   // whether rows are spread over its shards
	InsertQuorum string `json:"insert_quorum,omitempty"` // auto or a number of replicas; empty is one
}
