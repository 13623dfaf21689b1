package daemon

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/def"
)

func TestSupportedNamesWhatIsMissing(t *testing.T) {
	files := map[string]string{
		"connections/db.connection":   "TYPE postgres\nPOSTGRES_URL postgres://u@h/d\nPOSTGRES_CA_CERT /ca.pem\n",
		"connections/lake.connection": "TYPE s3\nS3_REGION eu-west-3\nS3_BUCKET lake\n",
		"models/m.yaml":               "connection: db\nsql: SELECT 1 AS id\nprimary_key: id\n",
		"syncs/a.yaml":                "model: m\nmode: diff\ndestination:\n  connection: lake\n  path: a.csv\n  format: csv\n",
		"syncs/fine.yaml":             "model: m\nmode: all\ndestination:\n  connection: lake\n  path: c.csv\n  format: csv\n",
		"datasources/d.datasource": "SCHEMA >\n    `id` Int64\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME lake\n" +
			"IMPORT_BUCKET_URI s3://lake/in/*.csv\nIMPORT_STRATEGY APPEND\nIMPORT_ON_NEW_COLUMN quarantine\n",
	}
	raw := map[string][]byte{}
	for name, body := range files {
		raw[name] = []byte(body)
	}
	p, problems := def.Parse(raw)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := supported(p)
	if want := "connections/db.connection:1: a certificate authority"; len(got) != 1 || !strings.Contains(got.Error(), want) {
		t.Errorf("got %v, want %q alone", got, want)
	}
}
