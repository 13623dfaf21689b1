package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/pkg/fault"
)

// Bucket is one bucket of one connection.
type Bucket struct {
	client   *s3.Client
	conn     string // the connection's name
	name     string
	endpoint string // for errors; empty for AWS
	region   string
	hashing  bool                // pieces get a SHA-256
	unsigned []func(*s3.Options) // for requests with content
}

// Open returns the bucket of cfg. It reads credential files but makes no
// request; an error is Invalid.
func Open(ctx context.Context, cfg Config) (*Bucket, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	shared, err := Account(ctx, cfg)
	if err != nil {
		return nil, err
	}
	b := &Bucket{conn: cfg.Name, name: cfg.Bucket, endpoint: cfg.Endpoint, region: shared.Region, hashing: cfg.PieceSHA256}
	if cfg.trusted() {
		unsigned := s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
		b.unsigned = []func(*s3.Options){unsigned}
	}
	b.client = s3.NewFromConfig(shared, func(o *s3.Options) { configure(o, cfg) })
	return b, nil
}

// Name returns the bucket's name.
func (b *Bucket) Name() string { return b.name }

func configure(o *s3.Options, cfg Config) {
	o.UsePathStyle = cfg.PathStyle
	if cfg.Endpoint != "" {
		o.BaseEndpoint = aws.String(cfg.Endpoint)
	}
	// Other stores refuse the checksums that the SDK adds by default.
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	attempts := cfg.MaxAttempts
	if attempts <= 0 {
		attempts = defaultAttempts
	}
	o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		// The default limiter fails calls at once after a burst of errors.
		s.RateLimiter = ratelimit.None
	})
}

// retryConflicts is for writes of one request: that another write of the key was
// under way says nothing about the condition.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict", "OperationAborted")
}

func region(cfg Config, found string) (string, error) {
	switch {
	case cfg.Region != "":
		return cfg.Region, nil
	case cfg.Endpoint != "":
		return defaultRegion, nil
	case found != "":
		return found, nil
	}
	return "", fault.New(fault.Invalid, "connection %s: no region; set S3_REGION", cfg.Name)
}
