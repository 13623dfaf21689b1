package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// allowed returns a new bucket as a user sees it who may do only the given actions.
func allowed(t *testing.T, actions ...string) (user, owner *s3.Bucket) {
	t.Helper()
	cfg := config(t)
	owner = open(t, cfg)
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],
		"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"]}]}`, strings.Join(actions, `","`), cfg.Bucket, cfg.Bucket)
	key, secret := servertest.MinIO(t).AddUser(t, policy)
	cfg.AccessKey, cfg.SecretKey = key, s3.NewSecret(secret)
	return open(t, cfg), owner
}

func TestFourActionsAreEnoughToExport(t *testing.T) {
	b, owner := allowed(t, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads")
	ctx := t.Context()
	if _, err := b.Put(ctx, "small", []byte("x"), objstore.PutOptions{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	id, pieces := upload(t, b, "big", content(objstore.MinPiece), []byte("rest"))
	if listed, err := b.ListPieces(ctx, "big", id); err != nil || len(listed) != 2 {
		t.Errorf("got %+v %v, want two pieces", listed, err)
	}
	open := 0
	for _, err := range b.ListUploads(ctx, "big") {
		if err != nil {
			t.Error(err)
		}
		open++
	}
	if open != 1 {
		t.Errorf("got %d uploads, want 1", open)
	}
	if _, err := b.CompleteUpload(ctx, "big", id, pieces, objstore.PutOptions{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	other, _ := upload(t, b, "other", []byte("x"))
	if err := b.AbortUpload(ctx, "other", other); err != nil {
		t.Error(err)
	}
	if _, err := owner.Head(ctx, "big"); err != nil {
		t.Error(err)
	}
}

func TestPutObjectIsEnoughForSmallObjects(t *testing.T) {
	b, _ := allowed(t, "s3:PutObject")
	if _, err := b.Put(t.Context(), "small", []byte("x"), objstore.PutOptions{}); err != nil {
		t.Error(err)
	}
}

func TestTwoActionsAreEnoughToIngest(t *testing.T) {
	b, owner := allowed(t, "s3:GetObject", "s3:ListBucket")
	if _, err := owner.Put(t.Context(), "k", []byte("x"), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Get(t.Context(), o.Key); err != nil {
			t.Error(err)
		}
	}
	_, err := b.Head(t.Context(), "missing")
	wantFault(t, err, fault.NotFound)
}

func TestDenialsNameTheGrant(t *testing.T) {
	b, owner := allowed(t, "s3:ListAllMyBuckets") // of no use in a bucket
	id, pieces := upload(t, owner, "k", []byte("x"))
	ctx, put := t.Context(), objstore.PutOptions{}
	objects, bucket := "arn:aws:s3:::"+b.Name()+"/*", "arn:aws:s3:::"+b.Name()
	tests := []struct {
		name, action, resource string
		call                   func() error
	}{
		{"put", "s3:PutObject", objects, func() error { _, err := b.Put(ctx, "k", nil, put); return err }},
		{"get", "s3:GetObject", objects, func() error { _, _, err := b.Get(ctx, "k"); return err }},
		{"head", "s3:GetObject", objects, func() error { _, err := b.Head(ctx, "k"); return err }},
		{"delete", "s3:DeleteObject", objects, func() error { return b.Delete(ctx, "k") }},
		{"create", "s3:PutObject", objects, func() error { _, err := b.CreateUpload(ctx, "k", put); return err }},
		{"piece", "s3:PutObject", objects, func() error { _, err := b.UploadPiece(ctx, "k", id, 1, nil); return err }},
		{"complete", "s3:PutObject", objects, func() error { _, err := b.CompleteUpload(ctx, "k", id, pieces, put); return err }},
		{"abort", "s3:AbortMultipartUpload", objects, func() error { return b.AbortUpload(ctx, "k", id) }},
		{"pieces", "s3:ListMultipartUploadParts", objects, func() error { _, err := b.ListPieces(ctx, "k", id); return err }},
		{"uploads", "s3:ListBucketMultipartUploads", bucket, func() error {
			for _, err := range b.ListUploads(ctx, "k") {
				return err
			}
			return nil
		}},
		{"list", "s3:ListBucket", bucket, func() error {
			for _, err := range b.List(ctx, "k", "") {
				return err
			}
			return nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantFault(t, tt.call(), fault.Denied, "connection lake", b.Name(), "grant "+tt.action+" on "+tt.resource)
		})
	}
}

func TestWrongKeys(t *testing.T) {
	const secret = "a-secret-that-is-wrong"
	cfg := config(t)
	cfg.SecretKey = s3.NewSecret(secret)
	_, err := open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Denied, "SignatureDoesNotMatch", "check S3_ACCESS_KEY and S3_SECRET")
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the secret is in %q", err)
	}
	cfg.AccessKey = "nobody"
	_, err = open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Denied, "InvalidAccessKeyId", "check S3_ACCESS_KEY and S3_SECRET")
}

func TestMissingBucket(t *testing.T) { inEachStore(t, testMissingBucket) }

func testMissingBucket(t *testing.T, cfg s3.Config) {
	cfg.Bucket = "no-such-bucket"
	b := open(t, cfg)
	_, err := b.Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.NotFound, "s3://no-such-bucket/k", "NoSuchBucket", "create the bucket")
	_, _, err = b.Get(t.Context(), "k")
	wantFault(t, err, fault.NotFound, "NoSuchBucket")
	for _, err := range b.List(t.Context(), "", "") {
		wantFault(t, err, fault.NotFound, "NoSuchBucket")
	}
}

func TestWrongRegionOfAStore(t *testing.T) {
	cfg := config(t)
	cfg.Region = "eu-west-1"
	_, err := open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Invalid, "us-east-1", "set S3_REGION")
}

func TestAssumedRole(t *testing.T) {
	cfg := config(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", cfg.Endpoint)
	key, secret := servertest.MinIO(t).AddUser(t, fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::%s/*"]}]}`, cfg.Bucket))
	cfg.AccessKey, cfg.SecretKey = key, s3.NewSecret(secret)
	cfg.RoleARN, cfg.ExternalID = "arn:aws:iam::000000000000:role/longshore", "contract-7"
	if _, err := open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{}); err != nil {
		t.Error(err)
	}
	cfg.SecretKey = s3.NewSecret("wrong")
	_, err := open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Denied, "assume role "+cfg.RoleARN, "sts:AssumeRole", "S3_EXTERNAL_ID")
}
