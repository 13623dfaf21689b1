package servertest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3 says how to reach an S3-compatible server and offers what tests need from its owner.
type S3 struct {
	Endpoint  string // http://host:port, to be used with path-style addresses
	Region    string
	AccessKey string // the owner's: may do anything
	Secret    string
}

var sharedMinIO = shared[S3]{start: startMinIO}

// MinIO is this test binary's MinIO, a real one with users and policies. Work in a bucket of your own: NewBucket.
func MinIO(t testing.TB) S3 {
	t.Helper()
	return sharedMinIO.get(t, "MinIO")
}

// StartMinIO starts a MinIO for this test alone, with more variables of its
// environment: NAME=value.
func StartMinIO(t testing.TB, environment ...string) (S3, *Server) {
	t.Helper()
	return own(t, "MinIO", func() (S3, *Server, error) { return startMinIOWith(environment) })
}

func startMinIO() (S3, *Server, error) { return startMinIOWith(nil) }

func startMinIOWith(environment []string) (S3, *Server, error) {
	at, err := newSite("minio", "minio")
	if err != nil {
		return S3{}, nil, err
	}
	console, err := freePort()
	if err != nil {
		return S3{}, nil, err
	}
	store := S3{
		Endpoint:  "http://" + at.addr,
		Region:    "us-east-1",
		AccessKey: "minio-owner",
		Secret:    "minio-owner-test-secret",
	}
	server := &Server{
		name: "minio",
		dir:  at.dir,
		command: func() *exec.Cmd {
			cmd := exec.Command(at.program, "server", "--quiet", "--address", at.addr,
				"--console-address", loopback(console), filepath.Join(at.dir, "data"))
			cmd.Env = append(os.Environ(), "HOME="+at.dir, "MINIO_BROWSER=off", "MINIO_UPDATE=off",
				"MINIO_REGION="+store.Region, "MINIO_ROOT_USER="+store.AccessKey, "MINIO_ROOT_PASSWORD="+store.Secret)
			cmd.Env = append(cmd.Env, environment...)
			return cmd
		},
		ready: store.ready,
	}
	return store, server, server.start(context.Background())
}

// ready wants both: MinIO calls itself healthy before it knows its users.
func (s S3) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/minio/health/ready", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s", response.Status)
	}
	_, err = s.Client().ListBuckets(ctx, &s3.ListBucketsInput{})
	return err
}

// Client is the AWS SDK's client with the owner's keys: for arranging and checking, beside the code under test.
func (s S3) Client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint:               aws.String(s.Endpoint),
		Region:                     s.Region,
		Credentials:                credentials.NewStaticCredentialsProvider(s.AccessKey, s.Secret, ""),
		UsePathStyle:               true,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

// NewBucket makes an empty bucket for this test.
func (s S3) NewBucket(t testing.TB) (name string) {
	t.Helper()
	name = "test-" + uniqueName()
	if _, err := s.Client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("create bucket %s: %v", name, err)
	}
	return name
}
