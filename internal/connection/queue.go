package connection

import (
	"context"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// Queue opens a queue of events, by its URL, with the keys and role of an S3
// connection.
func (o *Opener) Queue(ctx context.Context, c *def.Connection, url string) (*event.Queue, error) {
	if err := want(c, def.S3); err != nil {
		return nil, err
	}
	v, err := o.values(c, c.S3.Region, c.S3.AccessKey, c.S3.Secret, c.S3.ARN, c.S3.ExternalID, c.S3.Endpoint, c.S3.CACert)
	if err != nil {
		return nil, err
	}
	how := append([]string{"sqs", c.Name, url}, v...)
	return shared(o, strings.Join(how, "\x00"), func() (*event.Queue, error) {
		account, err := s3.Account(ctx, s3.Config{
			Name: c.Name, Region: v[0], AccessKey: v[1], SecretKey: s3.NewSecret(v[2]), RoleARN: v[3], ExternalID: v[4], Endpoint: v[5], CACert: v[6],
		})
		if err != nil {
			return nil, err
		}
		return event.OpenQueue(c.Name, url, account)
	})
}

// EventToken returns what a store must bear that tells of a datasource's objects.
func (o *Opener) EventToken(d *def.Datasource) (def.Secret, error) {
	token, err := d.Import.Events.Token.Resolve(o.secrets.Lookup)
	if err != nil {
		return def.Secret{}, fault.New(fault.KindOf(err), "datasource %s: IMPORT_EVENTS_TOKEN: %w", d.Name, err)
	}
	return token, nil
}
