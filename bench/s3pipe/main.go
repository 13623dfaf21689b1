// Command s3pipe is the other half of the pipes that Longshore is compared with: `psql … | s3pipe put`, `s3pipe get … | clickhouse-client`.
//
//	s3pipe put [-gzip LEVEL] BUCKET KEY     standard input to an object, by the AWS SDK's upload manager
//	s3pipe get [-gunzip] BUCKET KEY         an object to standard output
//
// The endpoint and keys are the environment's: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY. Payloads go
// unsigned and without further checksums, which is the quickest that the SDK can do.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/pgzip"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "s3pipe:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want put or get")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	level := flags.Int("gzip", 0, "compress at this `level`; 0 doesn't")
	gunzip := flags.Bool("gunzip", false, "decompress")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return fmt.Errorf("want a bucket and a key, got %q", flags.Args())
	}
	client, err := connect(ctx)
	if err != nil {
		return err
	}
	switch args[0] {
	case "put":
		return put(ctx, client, flags.Arg(0), flags.Arg(1), *level)
	case "get":
		return get(ctx, client, flags.Arg(0), flags.Arg(1), *gunzip)
	}
	return fmt.Errorf("want put or get, got %q", args[0])
}

func connect(ctx context.Context) (*s3.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = true
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}), nil
}

// put streams standard input into an object.
func put(ctx context.Context, client *s3.Client, bucket, key string, level int) error {
	body := struct{ io.Reader }{os.Stdin} // the manager would seek a pipe
	if level > 0 {
		compressed, err := compress(body, level)
		if err != nil {
			return err
		}
		defer compressed.Close()
		body.Reader = compressed
	}
	up := transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.Concurrency = 16<<20, 4
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	_, err := up.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: &bucket, Key: &key, Body: body})
	return err
}

// compress returns what is read from r, as gzip, made on all cores.
func compress(r io.Reader, level int) (io.ReadCloser, error) {
	out, in := io.Pipe()
	z, err := pgzip.NewWriterLevel(in, level)
	if err != nil {
		return nil, err
	}
	go func() {
		_, err := io.CopyBuffer(z, r, make([]byte, 1<<20))
		if err == nil {
			err = z.Close()
		}
		in.CloseWithError(err)
	}()
	return out, nil
}

// get streams an object to standard output.
func get(ctx context.Context, client *s3.Client, bucket, key string, gunzip bool) error {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	if !gunzip {
		_, err = io.CopyBuffer(struct{ io.Writer }{os.Stdout}, object.Body, make([]byte, 1<<20))
		return err
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(object.Body, 1<<20))
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{z}, make([]byte, 1<<20))
	return err
}
