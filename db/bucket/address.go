package bucket

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// Address says where a bucket is: s3://BUCKET/PREFIX?endpoint=URL&region=REGION.
type Address struct {
	bucket, prefix   string // the prefix is "" or ends with a slash
	endpoint, region string
}

// amazon is the endpoint of addresses that name none.
const amazon = "https://s3.amazonaws.com"

// ParseAddress reads an address. The environment may name the endpoint and the region, as for
// other programs that use S3.
func ParseAddress(text string) (Address, error) {
	u, err := url.Parse(text)
	var inner *url.Error
	switch {
	case errors.As(err, &inner):
		return Address{}, fmt.Errorf("the address of the bucket is not valid: %w", inner.Err) // without the address
	case u.Scheme != "s3" || u.Host == "" || u.Port() != "" || u.Fragment != "":
		return Address{}, errors.New("the address of a bucket is s3://BUCKET or s3://BUCKET/PREFIX; an endpoint other than Amazon's follows it, as in s3://BUCKET/PREFIX?endpoint=https://s3.example.org")
	case u.User != nil:
		return Address{}, errors.New("leave keys out of the address of the bucket: put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into ~/.aws/credentials")
	}
	a := Address{bucket: u.Host, prefix: strings.Trim(u.Path, "/")}
	if a.prefix != "" {
		a.prefix += "/"
	}
	for name, values := range u.Query() {
		to, known := map[string]*string{"endpoint": &a.endpoint, "region": &a.region}[name]
		if !known || len(values) != 1 {
			return Address{}, fmt.Errorf("%q cannot be in the address of a bucket: it can have endpoint and region, each once", name)
		}
		*to = values[0]
	}
	a.endpoint = cmp.Or(a.endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), amazon)
	a.region = cmp.Or(a.region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if e, err := url.Parse(a.endpoint); err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.User != nil || strings.Trim(e.Path, "/") != "" {
		return Address{}, errors.New("the endpoint of the bucket must be https://HOST or http://HOST, with :PORT if it is not the usual one")
	}
	return a, nil
}

// String returns the bucket and the prefix, which stay the same if the endpoint gets another
// name.
func (a Address) String() string {
	return strings.TrimSuffix("s3://"+a.bucket+"/"+a.prefix, "/")
}
