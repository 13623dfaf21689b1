package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// chain returns where keys come from: the configuration or else the AWS default
// chain, and on top of either the role to assume.
func chain(cfg Config, shared aws.Config) aws.CredentialsProvider {
	if cfg.AccessKey != "" {
		shared.Credentials = credentials.NewStaticCredentialsProvider(
			cfg.AccessKey, cfg.SecretKey.reveal(), cfg.SessionToken.reveal())
	}
	if cfg.RoleARN == "" {
		return attributed{shared.Credentials, ""}
	}
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(shared), cfg.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "longshore"
		if cfg.ExternalID != "" {
			o.ExternalID = aws.String(cfg.ExternalID)
		}
	})
	return attributed{aws.NewCredentialsCache(role), cfg.RoleARN}
}

// attributed marks errors as being about keys and not about the request.
type attributed struct {
	aws.CredentialsProvider
	role string // being assumed; empty when none is
}

func (a attributed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	keys, err := a.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return keys, &credentialsError{a.role, err}
	}
	return keys, nil
}

// credentialsError says that no keys could be had.
type credentialsError struct {
	role string
	err  error
}

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }
