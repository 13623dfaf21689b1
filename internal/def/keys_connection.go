package def

import "strings"

const reference = "text, or {{ secret(\"NAME\") }}"

var connectionKeys = []Key{
	{ConnectionFile, "TYPE", "s3, minio, postgres, mysql, clickhouse", "required", "What the connection leads to. `minio` is `s3` with a required endpoint."},
	{ConnectionFile, "S3_REGION", reference, "us-east-1", "The region of the bucket. With an endpoint it rarely matters."},
	{ConnectionFile, "S3_ACCESS_KEY", reference, "the AWS default chain", "The access key id. Needs `S3_SECRET`."},
	{ConnectionFile, "S3_SECRET", reference, "the AWS default chain", "The secret access key. Needs `S3_ACCESS_KEY`."},
	{ConnectionFile, "S3_ARN", "arn:aws:iam::…:role/…", "none", "A role to assume, with the keys or the default chain."},
	{ConnectionFile, "S3_EXTERNAL_ID", reference, "none", "The external id given when assuming `S3_ARN`."},
	{ConnectionFile, "S3_BUCKET", "a bucket's name, not a URL", "none", "The bucket of syncs that name none."},
	{ConnectionFile, "S3_ENDPOINT", "an http or https URL", "AWS", "Another store that speaks S3."},
	{ConnectionFile, "S3_PATH_STYLE", "true, false", "true with an endpoint, else false", "Whether the bucket is in the path of a URL or in its host name."},
	{ConnectionFile, "S3_CA_CERT", "PEM text, a file's path, or a secret", "the system's", "Certificates to trust, for an endpoint with a private authority."},
}

// sqlFields are the keys of a database, after the prefix of its type.
var sqlFields = []Key{
	{ConnectionFile, "URL", "a URL, or {{ secret(\"NAME\") }}", "from the other keys", "Everything in one URL. Excludes host, port, database and user."},
	{ConnectionFile, "HOST", reference, "required without a URL", "The server's name or address."},
	{ConnectionFile, "PORT", "1 to 65535", "", "The server's port."},
	{ConnectionFile, "DATABASE", reference, "the server's default", "The database to use."},
	{ConnectionFile, "USER", reference, "the server's default", "The user to log in as."},
	{ConnectionFile, "PASSWORD", reference, "none", "The user's password. It may complete a URL that has none."},
	{ConnectionFile, "TLS", "disable, require, verify", "the driver's", "Whether the wire is encrypted, and the certificate checked."},
	{ConnectionFile, "CA_CERT", "PEM text, a file's path, or a secret", "the system's", "Certificates to trust. Implies `verify`."},
}

// sqlPorts are the default ports of the SQL types: native TCP for ClickHouse.
var sqlPorts = map[ConnectionType]int{Postgres: 5432, MySQL: 3306, ClickHouse: 9000}

var sqlTypes = []ConnectionType{Postgres, MySQL, ClickHouse}

// sqlKeys returns the keys of all database types.
func sqlKeys() []Key {
	ports := map[ConnectionType]string{Postgres: "5432", MySQL: "3306", ClickHouse: "9000, the native protocol"}
	var keys []Key
	for _, t := range sqlTypes {
		for _, k := range sqlFields {
			if k.Path == "PORT" {
				k.Default = ports[t]
			}
			k.Path = t.prefix() + k.Path
			keys = append(keys, k)
		}
	}
	return append(keys, clusterKeys...)
}

// prefix begins the keys of a type.
func (t ConnectionType) prefix() string { return strings.ToUpper(string(t)) + "_" }
