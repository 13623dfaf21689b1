package s3

import (
	"context"
	"iter"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/pkg/objstore"
)

// List streams the objects whose keys begin with prefix and come after
// startAfter, in the order of the keys' bytes, a page of up to 1000 at a time.
// An error ends it.
func (b *Bucket) List(ctx context.Context, prefix, startAfter string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		for page, err := range b.pages(ctx, prefix, startAfter, "") {
			if err != nil {
				yield(objstore.Object{}, err)
				return
			}
			for _, o := range page.Contents {
				key, err := decoded(page.EncodingType, o.Key)
				if err != nil {
					yield(objstore.Object{}, b.fault(listBucket, prefix, err))
					return
				}
				if !yield(object(key, aws.ToInt64(o.Size), o.ETag, o.LastModified), nil) {
					return
				}
			}
		}
	}
}

// ListPrefixes streams what stands between prefix and the next delimiter, once
// each: with the delimiter "/", the folders right below a folder "a/".
func (b *Bucket) ListPrefixes(ctx context.Context, prefix, delimiter string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for page, err := range b.pages(ctx, prefix, "", delimiter) {
			if err != nil {
				yield("", err)
				return
			}
			for _, p := range page.CommonPrefixes {
				name, err := decoded(page.EncodingType, p.Prefix)
				if err != nil {
					yield("", b.fault(listBucket, prefix, err))
					return
				}
				if !yield(name, nil) {
					return
				}
			}
		}
	}
}

func (b *Bucket) pages(ctx context.Context, prefix, after, delimiter string) iter.Seq2[*s3.ListObjectsV2Output, error] {
	return func(yield func(*s3.ListObjectsV2Output, error) bool) {
		in := &s3.ListObjectsV2Input{
			Bucket: &b.name, Prefix: optional(prefix), StartAfter: optional(after), Delimiter: optional(delimiter),
			// Keys may hold bytes that XML can't.
			EncodingType: types.EncodingTypeUrl,
		}
		for {
			out, err := b.client.ListObjectsV2(ctx, in)
			if err == nil && out.Name == nil {
				err = errNotS3
			}
			if err != nil {
				yield(nil, b.fault(listBucket, prefix, err))
				return
			}
			if !yield(out, nil) || !aws.ToBool(out.IsTruncated) {
				return
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
}

// Buckets returns the names of all buckets that the connection's account owns.
func (b *Bucket) Buckets(ctx context.Context) ([]string, error) {
	var names []string
	in := &s3.ListBucketsInput{}
	for {
		out, err := b.client.ListBuckets(ctx, in)
		if err != nil {
			return nil, b.fault(listBuckets, "", err)
		}
		for _, bucket := range out.Buckets {
			names = append(names, aws.ToString(bucket.Name))
		}
		if in.ContinuationToken = out.ContinuationToken; in.ContinuationToken == nil {
			return names, nil
		}
	}
}

func decoded(encoding types.EncodingType, s *string) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return aws.ToString(s), nil
	}
	return url.QueryUnescape(aws.ToString(s))
}
