package stacks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// bucketRule is a rule of a bucket in the form of S3.
type bucketRule struct {
	AllowedOrigins []string
	AllowedMethods []string
	AllowedHeaders []string
	ExposeHeaders  []string `json:",omitempty"`
	MaxAgeSeconds  *int     `json:",omitempty"`
}

// s3Methods are all that S3 knows.
var s3Methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE"}

// bucketRuleFor returns a rule and what it leaves out of a policy.
func bucketRuleFor(p *cors.Policy, title string, can able) (*bucketRule, *plan) {
	d := planFor(p, title, can|canList|canExpose|canMaxAge|canCredentials)
	d.methods = d.listed(s3Methods)
	rule := &bucketRule{
		AllowedOrigins: d.wildcards(), AllowedMethods: d.methods, AllowedHeaders: append([]string{}, d.headers...),
		ExposeHeaders: d.expose, MaxAgeSeconds: d.seconds(),
	}
	if d.credentials {
		d.gap("has no setting for credentials: it allows them to listed origins, but ignores cookies; sign the URL or send Authorization.")
	}
	return rule, d
}

// listed returns the methods, if a stack knows only some; * stands for all of
// them.
func (d *plan) listed(known []string) []string {
	if len(d.methods) == 1 {
		return known
	}
	return d.keep(d.methods, func(name string) bool {
		for _, k := range known {
			if k == name {
				return true
			}
		}
		return false
	})
}

// seconds returns the maximum age as a number, or nil.
func (d *plan) seconds() *int {
	n, err := strconv.Atoi(d.maxAge)
	if err != nil {
		return nil
	}
	return &n
}

// jsonLines returns v as indented JSON.
func jsonLines(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("stacks: " + err.Error()) // structs of strings and numbers always can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// storageAdvice is that of all object storages.
func storageAdvice(kind string) map[string]Advice {
	return map[string]Advice{
		"storage-cors-rule-missing":      {Text: "No CORS rule of the " + kind + " allows this origin with this method and these headers. Add the rule; it also takes a while until it is in force everywhere."},
		"no-cors-headers":                {Text: "The " + kind + " has no CORS rule for this origin. Add one; it sends no CORS headers to requests without Origin either, so a cache before it must have Origin in its key."},
		"origin-not-allowed":             {Text: "Add the origin to the CORS rule of the " + kind + ", without a slash at its end."},
		"method-not-allowed":             {Text: "Add the method to the CORS rule of the " + kind + "."},
		"header-not-allowed":             {Text: "Add the header to the allowed headers of the CORS rule; signed uploads often need Content-Type and more."},
		"header-not-exposed":             {Text: "Add the header, such as ETag, to the exposed headers of the CORS rule."},
		"cached-response-without-cors":   {Text: "The CDN before the " + kind + " keeps an answer to a request without Origin. Let it forward Origin and have it in the key of its cache; then invalidate the file."},
		"auth-error-without-cors":        {Text: "The request was refused before CORS mattered: the signature, its time or the permission is wrong. The body of the answer says which."},
		"preflight-without-cors-headers": {Text: "No CORS rule of the " + kind + " allows this origin with this method and these headers. Add the rule."},
	}
}
