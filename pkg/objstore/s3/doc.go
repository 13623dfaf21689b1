// Package s3 is the door to S3 and to every store that speaks its protocol.
//
// A Bucket is one bucket of one connection. All methods may be called from many
// goroutines; opening one makes no request.
//
//	b, err := s3.Open(ctx, s3.Config{Name: "lake", Bucket: "shop", Endpoint: "http://127.0.0.1:9000", …})
//	o, err := b.Put(ctx, "lock", body, objstore.PutOptions{IfAbsent: true})
//
// What must stay true:
//
//   - An error has a kind (package fault) and is one line that names the
//     connection, the action as IAM spells it, the object, the store's own words
//     and what to do. Secrets are in none.
//   - A request that may work later is tried again here a few times, so that an
//     error of kind Temporary or Throttled has already outlived that.
//   - Content that is read is of one version of the object: its ETag is pinned
//     from the first byte on, over reconnects too.
//   - Writing needs s3:PutObject alone, and for multipart uploads also
//     s3:AbortMultipartUpload, s3:ListMultipartUploadParts and
//     s3:ListBucketMultipartUploads; reading needs s3:GetObject and s3:ListBucket.
package s3
