package httpcache_test

import (
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/httpcache"
)

func TestIsStored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"Age", "4211", true},
		{"Age", "10", true},
		{"Age", "0", false},
		{"Age", "x", false},
		{"X-Cache", "Hit from cloudfront", true},
		{"X-Cache", "MISS, HIT", true},
		{"X-Cache", "Miss from cloudfront", false},
		{"CF-Cache-Status", "DYNAMIC", false},
		{"CF-Cache-Status", "STALE", true},
		{"Cache-Status", "ExampleCache; hit; ttl=30", true},
		{"X-Vercel-Cache", "HIT", true},
		{"X-Varnish", "32770", false},
		{"X-Varnish", "32770 3", true},
		{"Via", "1.1 varnish", false},
	} {
		if got := httpcache.IsStored(fetch.Headers{{Name: c.name, Value: c.value}}); got != c.want {
			t.Errorf("%s: %s: %t", c.name, c.value, got)
		}
	}
}

func TestCacheControl(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value              string
		invited, forbidden bool
	}{
		{"", false, false},
		{"public", true, false},
		{"Max-Age=60", true, false},
		{`s-maxage="5"`, true, false},
		{"max-age=0", false, false},
		{"max-age=x", false, false},
		{"public, no-cache", false, false},
		{"public,  No-Store", false, true},
		{"private, max-age=60", false, true},
		{`private="X-A", max-age=60`, false, true},
		{"immutable", true, false},
	} {
		h := fetch.Headers{{Name: "Cache-Control", Value: c.value}}
		if invited, forbidden := httpcache.IsInvited(h), httpcache.IsForbidden(h); invited != c.invited || forbidden != c.forbidden {
			t.Errorf("%q: invited %t, forbidden %t", c.value, invited, forbidden)
		}
	}
}

func TestStorageOf(t *testing.T) {
	t.Parallel()
	const early, late = "Tue, 06 Jan 2026 10:00:00 GMT", "Tue, 06 Jan 2026 11:00:00 GMT"
	for _, c := range []struct {
		status  int
		headers fetch.Headers
		want    httpcache.Storage
	}{
		{200, nil, httpcache.IfConfigured},
		{500, nil, httpcache.Never},
		{200, fetch.Headers{{Name: "Cache-Control", Value: "private"}, {Name: "Last-Modified", Value: early}}, httpcache.Never},
		{500, fetch.Headers{{Name: "Cache-Control", Value: "max-age=60"}}, httpcache.ByDefault},
		{200, fetch.Headers{{Name: "X-Cache", Value: "HIT"}}, httpcache.ByDefault},
		{200, fetch.Headers{{Name: "Last-Modified", Value: early}}, httpcache.ByDefault},
		{200, fetch.Headers{{Name: "Last-Modified", Value: early}, {Name: "Cache-Control", Value: "no-cache"}}, httpcache.IfConfigured},
		{200, fetch.Headers{{Name: "Last-Modified", Value: early}, {Name: "Cache-Control", Value: "max-age=0"}}, httpcache.IfConfigured},
		{200, fetch.Headers{{Name: "Last-Modified", Value: early}, {Name: "Expires", Value: "0"}}, httpcache.IfConfigured},
		{200, fetch.Headers{{Name: "Expires", Value: late}, {Name: "Date", Value: early}}, httpcache.ByDefault},
		{200, fetch.Headers{{Name: "Expires", Value: early}, {Name: "Date", Value: late}}, httpcache.IfConfigured},
		{200, fetch.Headers{{Name: "Expires", Value: late}}, httpcache.ByDefault},
		{200, fetch.Headers{{Name: "Expires", Value: late}, {Name: "Cache-Control", Value: "max-age=0"}}, httpcache.IfConfigured},
	} {
		if got := httpcache.StorageOf(c.status, c.headers); got != c.want {
			t.Errorf("%d %v: %d, want %d", c.status, c.headers, got, c.want)
		}
	}
}
