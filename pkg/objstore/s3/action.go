package s3

import "fmt"

// action is one call of the store, and the permission that it needs.
type action struct {
	permission string // as IAM spells it
	object     bool   // granted on objects, not on the bucket
}

var (
	getObject      = action{"s3:GetObject", true}
	headObject     = action{"s3:GetObject", true}
	putObject      = action{"s3:PutObject", true}
	deleteObject   = action{"s3:DeleteObject", true}
	createUpload   = action{"s3:PutObject", true}
	uploadPiece    = action{"s3:PutObject", true}
	completeUpload = action{"s3:PutObject", true}
	abortUpload    = action{"s3:AbortMultipartUpload", true}
	listPieces     = action{"s3:ListMultipartUploadParts", true}
	listUploads    = action{"s3:ListBucketMultipartUploads", false}
	listBucket     = action{"s3:ListBucket", false}
	listBuckets    = action{"s3:ListAllMyBuckets", false}
)

// resource is what a policy names to allow the action in a bucket.
func (a action) resource(bucket string) string {
	switch {
	case a == listBuckets:
		return "*"
	case a.object:
		return fmt.Sprintf("arn:aws:s3:::%s/*", bucket)
	}
	return "arn:aws:s3:::" + bucket
}

// place is what the action was tried on.
func (a action) place(bucket, key string) string {
	if a == listBuckets {
		return "all buckets"
	}
	return fmt.Sprintf("s3://%s/%s", bucket, key)
}
