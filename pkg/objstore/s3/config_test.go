package s3_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestOpenChecksTheConfiguration(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	tests := []struct {
		name string
		cfg  s3.Config
		want string
	}{
		{"no bucket", s3.Config{Region: "r"}, "set S3_BUCKET"},
		{"bucket with a path", s3.Config{Region: "r", Bucket: "shop/in"}, `"shop/in" is not a bucket's name; write the name alone`},
		{"URL for a bucket", s3.Config{Region: "r", Bucket: "https://shop.s3.amazonaws.com/?X-Amz-Signature=hush"}, "not the name of a bucket; write the name alone"},
		{"half of the keys", s3.Config{Region: "r", Bucket: "b", AccessKey: "k"}, "go together"},
		{"no region", s3.Config{Bucket: "b"}, "set S3_REGION"},
		{"endpoint without scheme", s3.Config{Bucket: "b", Endpoint: "minio:9000"}, "not an http or https URL"},
		{"endpoint with password", s3.Config{Bucket: "b", Endpoint: "http://u:hush@minio:9000"}, "holds credentials"},
		{"authority without PEM", s3.Config{Bucket: "b", Region: "r", CACert: "-----BEGIN nothing"}, "no certificate"},
		{"authority that isn't there", s3.Config{Bucket: "b", Region: "r", CACert: "/no/such/file"}, "read S3_CA_CERT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Name = "lake"
			_, err := s3.Open(t.Context(), tt.cfg)
			wantFault(t, err, fault.Invalid, "connection lake: ", tt.want)
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the secret is in %q", err)
			}
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	cfg := at("http://127.0.0.1:9000")
	cfg.SessionToken = s3.NewSecret("hush-token")
	bucket := open(t, cfg)
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{
		string(encoded), fmt.Sprint(cfg), fmt.Sprintf("%+v %#v %s %q %x", cfg, cfg, cfg.SecretKey, cfg.SecretKey, cfg.SecretKey),
		fmt.Sprintf("%+v %#v", struct{ inner s3.Config }{cfg}, struct{ inner s3.Config }{cfg}), fmt.Sprintf("%+v", *bucket),
	} {
		if strings.Contains(got, "hush") {
			t.Errorf("a secret is in %s", got)
		}
	}
	if !strings.Contains(fmt.Sprint(cfg), "**redacted**") {
		t.Errorf("got %v, want **redacted** in it", cfg)
	}
}

func TestParseURI(t *testing.T) {
	tests := []struct{ uri, bucket, key string }{
		{"s3://shop/in/**/*.csv", "shop", "in/**/*.csv"},
		{"s3://shop/a%20b?", "shop", "a%20b?"},
		{"s3://shop/", "shop", ""},
		{"s3://shop", "shop", ""},
	}
	for _, tt := range tests {
		bucket, key, err := s3.ParseURI(tt.uri)
		if err != nil || bucket != tt.bucket || key != tt.key {
			t.Errorf("%s: got %q %q %v, want %q %q", tt.uri, bucket, key, err, tt.bucket, tt.key)
		}
	}
	for _, uri := range []string{"", "shop/in", "http://shop/in", "s3:///in", "s3://"} {
		_, _, err := s3.ParseURI(uri)
		wantFault(t, err, fault.Invalid, "s3://bucket/key")
	}
}
