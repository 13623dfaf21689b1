package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/longshore/longshore/pkg/fault"
)

// Account returns the keys, role, region and authorities of cfg as the SDK wants
// them, for services beside S3; the bucket and the endpoint are of no matter. It
// reads credential files but makes no request; an error is Invalid.
func Account(ctx context.Context, cfg Config) (aws.Config, error) {
	transport, err := transport(cfg)
	if err != nil {
		return aws.Config{}, err
	}
	shared, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithHTTPClient(transport), awsconfig.WithLogger(logging.Nop{}), awsconfig.WithAppID("longshore"))
	if err != nil {
		return aws.Config{}, fault.New(fault.Invalid, "connection %s: read the AWS configuration: %w", cfg.Name, err)
	}
	if shared.Region, err = region(cfg, shared.Region); err != nil {
		return aws.Config{}, err
	}
	shared.Credentials = chain(cfg, shared)
	return shared, nil
}
