package devstack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const bucket = "longshore-state"

// s3Client makes a client of an environment, as a program would.
func s3Client(env map[string]string) *s3.Client {
	return s3.New(s3.Options{
		Region: env["LONGSHORE_S3_REGION"], BaseEndpoint: aws.String(env["LONGSHORE_S3_ENDPOINT"]),
		UsePathStyle: env["LONGSHORE_S3_PATH_STYLE"] == "true", RetryMaxAttempts: 1,
		Credentials:                credentials.NewStaticCredentialsProvider(env["LONGSHORE_S3_ACCESS_KEY"], env["LONGSHORE_S3_SECRET"], ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

// put writes an object; with change it may be conditional.
func put(ctx context.Context, c *s3.Client, key, text string, change ...func(*s3.PutObjectInput)) (etag string, err error) {
	in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader(text)}
	for _, f := range change {
		f(in)
	}
	out, err := c.PutObject(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

func get(t *testing.T, c *s3.Client, key string) (text, etag string) {
	t.Helper()
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), aws.ToString(out.ETag)
}

func apiCode(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func ifNoneMatch(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }

func ifMatch(etag string) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.IfMatch = aws.String(etag) }
}

func TestConditionalPut(t *testing.T) {
	c, ctx := s3Client(stack.Env()), t.Context()
	first, err := put(ctx, c, "conditional", "1", ifNoneMatch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put(ctx, c, "conditional", "2", ifNoneMatch); apiCode(err) != "PreconditionFailed" {
		t.Errorf("If-None-Match of an object that exists: got %v", err)
	}
	second, err := put(ctx, c, "conditional", "2", ifMatch(first))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put(ctx, c, "conditional", "3", ifMatch(first)); apiCode(err) != "PreconditionFailed" {
		t.Errorf("If-Match of an old version: got %v", err)
	}
	if text, etag := get(t, c, "conditional"); text != "2" || etag != second {
		t.Errorf("got %q %s, want \"2\" %s", text, etag, second)
	}
}

// TestCompareAndSwap counts with many writers; a lost update would show.
func TestCompareAndSwap(t *testing.T) {
	c, ctx := s3Client(stack.Env()), t.Context()
	var created atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, err := put(ctx, c, "race", fmt.Sprint(i), ifNoneMatch); err == nil {
				created.Add(1)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 {
		t.Errorf("%d writers created the object", created.Load())
	}
	if _, err := put(ctx, c, "counter", "0"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		wg.Go(func() {
			for done := 0; done < 10; {
				text, etag := get(t, c, "counter")
				var n int
				fmt.Sscan(text, &n)
				_, err := put(ctx, c, "counter", fmt.Sprint(n+1), ifMatch(etag))
				if err == nil {
					done++
				} else if code := apiCode(err); code != "PreconditionFailed" && code != "ConditionalRequestConflict" {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if text, _ := get(t, c, "counter"); text != "40" {
		t.Errorf("got %s increments, want 40", text)
	}
}

func TestMultipart(t *testing.T) {
	c, ctx, key := s3Client(stack.Env()), t.Context(), aws.String("multi/part")
	up, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(bucket), Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		t.Fatal(err)
	}
	piece := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
	var parts []types.CompletedPart
	for _, n := range []int32{2, 1, 7} { // in any order, with holes in the numbers
		out, err := c.UploadPart(ctx, &s3.UploadPartInput{Bucket: aws.String(bucket), Key: key, UploadId: up.UploadId, PartNumber: aws.Int32(n), Body: bytes.NewReader(append(piece, byte('0'+n))), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(n), ETag: out.ETag, ChecksumCRC64NVME: out.ChecksumCRC64NVME})
	}
	listed, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: aws.String(bucket), Key: key, UploadId: up.UploadId})
	if err != nil || len(listed.Parts) != 3 {
		t.Errorf("list: got %v %v", listed, err)
	}
	parts[0], parts[1] = parts[1], parts[0]
	_, err = c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, IfNoneMatch: aws.String("*")})
	if err != nil {
		t.Fatal(err)
	}
	want := string(piece) + "1" + string(piece) + "2" + string(piece) + "7"
	if text, _ := get(t, c, "multi/part"); text != want {
		t.Errorf("got %d bytes, want %d", len(text), len(want))
	}
	head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil || head.ChecksumCRC64NVME == nil || head.ChecksumType != types.ChecksumTypeFullObject {
		t.Errorf("checksum: got %v %v", head, err)
	}
	ranged, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: key, Range: aws.String("bytes=5242880-5242881")})
	if err != nil {
		t.Fatal(err)
	}
	defer ranged.Body.Close()
	if data, err := io.ReadAll(ranged.Body); string(data) != "10" || err != nil {
		t.Errorf("range: got %q %v, want \"10\"", data, err)
	}
}

// TestS3Function lets ClickHouse read and write the embedded S3.
func TestS3Function(t *testing.T) {
	env := stack.Env()
	if _, err := put(t.Context(), s3Client(env), "function/in.csv", "a,b\n1,x\n2,y\n"); err != nil {
		t.Fatal(err)
	}
	source := func(key, format string) string {
		return fmt.Sprintf("s3('%s/%s/%s', '%s', '%s', '%s')", env["LONGSHORE_S3_ENDPOINT"], bucket, key, env["LONGSHORE_S3_ACCESS_KEY"], env["LONGSHORE_S3_SECRET"], format)
	}
	for _, protocol := range []string{"native", "http"} {
		c := open(t, protocol)
		if got := scalar(t, c, "SELECT groupArray((a, b)) FROM "+source("function/*.csv", "CSVWithNames")); got != "[(1,'x'),(2,'y')]" {
			t.Errorf("%s: got %s", protocol, got)
		}
		key := "function/out-" + protocol + ".parquet"
		execute(t, c, "INSERT INTO FUNCTION "+source(key, "Parquet")+" SELECT number, toString(number) AS s FROM numbers(100000)")
		if got := scalar(t, c, "SELECT (count(), sum(number), max(length(s))) FROM "+source(key, "Parquet")); got != "(100000,4999950000,5)" {
			t.Errorf("%s: got %s", protocol, got)
		}
		var n uint64
		err := c.QueryRow(t.Context(), "SELECT count() FROM "+source("function/absent.csv", "CSVWithNames")).Scan(&n)
		if code(err) != 636 && code(err) != 499 {
			t.Errorf("%s: absent object: got %v", protocol, err)
		}
	}
}
