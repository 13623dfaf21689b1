package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// The only account of the embedded S3, its region and the bucket that Longshore keeps its state in.
const (
	s3Region    = "us-east-1"
	s3AccessKey = "longshore"
	s3Secret    = "longshore-secret"
	stateBucket = "longshore-state"
)

type s3Server struct {
	endpoint string
	cancel   context.CancelFunc
	done     chan struct{} // closed when the gateway has ended
	err      error         // why, once done is closed
}

// gateway is the last gateway of this process, which allows one at a time.
var gateway struct {
	sync.Mutex
	done chan struct{} // closed when it has ended; nil before the first
}

// takeGateway waits for the end of the gateway before and makes done that of the next.
func takeGateway(done chan struct{}) {
	gateway.Lock()
	defer gateway.Unlock()
	if gateway.done != nil {
		<-gateway.done
	}
	gateway.done = done
}

// startS3 starts an S3 gateway over a folder and creates the state bucket.
func startS3(ctx context.Context, config Config, ports portMap) (server, error) {
	objects := filepath.Join(config.DataDir, "s3", "objects")
	if err := os.MkdirAll(objects, 0o755); err != nil {
		return nil, err
	}
	store, sidecar, err := openMetadata(objects, filepath.Join(config.DataDir, "s3", "meta"))
	if err != nil {
		return nil, fmt.Errorf("open object metadata: %w", err)
	}
	backend, err := posix.New(objects, store, posix.PosixOpts{SideCarDir: sidecar, NewDirPerm: 0o755, Concurrency: 256})
	if err != nil {
		return nil, fmt.Errorf("open object folder: %w", err)
	}
	running, cancel := context.WithCancel(context.Background())
	s := &s3Server{endpoint: "http://" + ports.address(S3), cancel: cancel, done: make(chan struct{})}
	takeGateway(s.done)
	go func() {
		defer close(s.done)
		s.err = embedgw.RunVersityGW(running, backend, &embedgw.Config{
			RootUserAccess: s3AccessKey, RootUserSecret: s3Secret, Region: s3Region,
			Ports: []string{ports.address(S3)}, MaxConnections: 4096, MaxRequests: 4096, MultipartMaxParts: 10000,
			KeepAlive: true, Quiet: true,
		})
	}()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openMetadata keeps ETags and the like in extended attributes of the objects' files, so that a reader never sees
// the bytes of one version with the ETag of another. Only where the file system has none they go to the folder
// sidecar, where readers may.
func openMetadata(objects, sidecar string) (store meta.MetadataStorer, sidecarDir string, err error) {
	if _, err := os.Stat(sidecar); os.IsNotExist(err) && (meta.XattrMeta{}).Test(objects) == nil {
		return meta.XattrMeta{}, "", nil
	}
	if err := os.MkdirAll(sidecar, 0o755); err != nil {
		return nil, "", err
	}
	store, err = meta.NewSideCar(sidecar)
	return store, sidecar, err
}

// ready waits until the gateway answers, by creating the state bucket.
func (s *s3Server) ready(ctx context.Context) error {
	client := s3.New(s3.Options{
		Region: s3Region, BaseEndpoint: aws.String(s.endpoint), UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(s3AccessKey, s3Secret, ""),
	})
	for {
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(stateBucket)})
		var owned *types.BucketAlreadyOwnedByYou
		if err == nil || errors.As(err, &owned) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for gateway: %w (%w)", ctx.Err(), err)
		case <-s.done:
			return fmt.Errorf("run gateway: %w", s.err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *s3Server) env(into map[string]string) {
	into["LONGSHORE_STATE_URI"] = "s3://" + stateBucket + "/"
	into["LONGSHORE_S3_ENDPOINT"] = s.endpoint
	into["LONGSHORE_S3_REGION"] = s3Region
	into["LONGSHORE_S3_ACCESS_KEY"] = s3AccessKey
	into["LONGSHORE_S3_SECRET"] = s3Secret
	into["LONGSHORE_S3_PATH_STYLE"] = "true"
	into["AWS_EC2_METADATA_DISABLED"] = "true"
}

// closeWait is how long running requests may take to end.
const closeWait = 2 * time.Second

// close stops the gateway. It does not wait longer than closeWait: the gateway holds on for ten seconds when a client
// has opened a connection and not used it.
func (s *s3Server) close() error {
	s.cancel()
	select {
	case <-s.done:
	case <-time.After(closeWait):
		return nil
	}
	if s.err != nil && !errors.Is(s.err, context.Canceled) {
		return fmt.Errorf("stop gateway: %w", s.err)
	}
	return nil
}
