package servertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/secure-io/sio-go"
	"golang.org/x/crypto/argon2"
)

// AddUser makes a user that may do exactly what an IAM policy (JSON) says. MinIO only: it speaks MinIO's admin API.
func (s S3) AddUser(t testing.TB, policyJSON string) (accessKey, secret string) {
	t.Helper()
	accessKey, secret = "user-"+uniqueName(), rand.Text()
	policy := "policy-" + accessKey
	account, err := json.Marshal(map[string]string{"secretKey": secret, "status": "enabled"})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal(s.Secret, account)
	if err != nil {
		t.Fatal(err)
	}
	s.admin(t, "add-user", url.Values{"accessKey": {accessKey}}, sealed)
	s.admin(t, "add-canned-policy", url.Values{"name": {policy}}, []byte(policyJSON))
	s.admin(t, "set-user-or-group-policy",
		url.Values{"policyName": {policy}, "userOrGroup": {accessKey}, "isGroup": {"false"}}, nil)
	return accessKey, secret
}

// admin makes one signed call of MinIO's admin API.
func (s S3) admin(t testing.TB, call string, query url.Values, body []byte) {
	t.Helper()
	ctx := t.Context()
	address := s.Endpoint + "/minio/admin/v3/" + call + "?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.sign(ctx, request, body); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("minio %s: %s: %s", call, response.Status, text)
	}
}

func (s S3) sign(ctx context.Context, request *http.Request, body []byte) error {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	keys := aws.Credentials{AccessKeyID: s.AccessKey, SecretAccessKey: s.Secret}
	return v4.NewSigner().SignHTTP(ctx, keys, request, hash, "s3", s.Region, time.Now())
}

// seal encrypts the body of an admin call as MinIO wants it, with a key made from the caller's secret:
//
//	salt 32 bytes | cipher 1 byte | nonce 8 bytes | data, AES-256-GCM in sio's stream format
func seal(secret string, data []byte) ([]byte, error) {
	const cipherAES256GCM = 0
	salt := make([]byte, 32)
	rand.Read(salt)
	stream, err := sio.AES_256_GCM.Stream(argon2.IDKey([]byte(secret), salt, 1, 64<<10, 4, 32))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	nonce := make([]byte, stream.NonceSize())
	rand.Read(nonce)
	var sealed bytes.Buffer
	sealed.Write(salt)
	sealed.WriteByte(cipherAES256GCM)
	sealed.Write(nonce)
	writer := stream.EncryptWriter(&sealed, nonce, nil)
	if _, err := writer.Write(data); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed.Bytes(), nil
}
