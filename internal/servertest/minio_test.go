package servertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

func TestMinIOUserMayDoOnlyWhatItsPolicySays(t *testing.T) {
	store := MinIO(t)
	bucket := store.NewBucket(t)
	policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::%s/*"]}]}`, bucket)
	user := store
	user.AccessKey, user.Secret = store.AddUser(t, policy)

	key := aws.String("file.csv")
	_, err := user.Client().PutObject(t.Context(),
		&s3.PutObjectInput{Bucket: &bucket, Key: key, Body: strings.NewReader("a,b\n")})
	if err != nil {
		t.Fatalf("put, which the policy allows: %v", err)
	}
	_, err = user.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: key})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "AccessDenied" {
		t.Fatalf("get, which the policy does not allow: got %v, want AccessDenied", err)
	}
}

func TestMinIOKeepsItsDataWhenKilled(t *testing.T) {
	store, server := StartMinIO(t)
	bucket := store.NewBucket(t)
	server.Restart(t)
	found, err := store.Client().ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Buckets) != 1 || *found.Buckets[0].Name != bucket {
		t.Fatalf("after the restart got %d buckets, want only %s", len(found.Buckets), bucket)
	}
}
