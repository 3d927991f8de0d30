package cors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

func TestCacheOrigins(t *testing.T) { synctest.Test(t, testCacheOrigins) }

func testCacheOrigins(t *testing.T) {
	var lookups []string
	var failure error
	m := mustNew(t, cors.Policy{AllowOriginFunc: cors.CacheOrigins(cors.CacheConfig{
		Lookup: func(_ context.Context, o origin.Origin) (bool, error) {
			lookups = append(lookups, o.Host())
			return strings.HasPrefix(o.Host(), "good"), failure
		},
		Key:  func(r *http.Request) string { return r.Host },
		TTL:  time.Minute,
		Size: 4,
	})})
	ask := func(host string) bool {
		r := request("GET", "Origin", "https://"+host)
		return serve(m.Wrap(ok), r).Header().Get("Access-Control-Allow-Origin") != ""
	}
	check := func(what string, want ...string) {
		t.Helper()
		if got := strings.Join(lookups, " "); got != strings.Join(want, " ") {
			t.Errorf("%s: looked up %q, want %q", what, got, want)
		}
		lookups = nil
	}
	for range 2 {
		if !ask("good.example") || ask("bad.example") {
			t.Error("wrong answers")
		}
	}
	check("repeated", "good.example", "bad.example")
	time.Sleep(time.Minute - time.Nanosecond)
	ask("good.example")
	check("before the TTL")
	time.Sleep(time.Nanosecond)
	ask("good.example")
	check("after the TTL", "good.example")
	for i := range 5 {
		ask(fmt.Sprintf("%d.example", i))
	}
	lookups = nil
	ask("good.example")
	check("after others", "good.example")
	failure = errors.New("the database is down")
	if ask("good1.example") {
		t.Error("allowed though Lookup failed")
	}
	failure = nil
	if !ask("good1.example") {
		t.Error("a failure is cached")
	}
	check("after a failure", "good1.example", "good1.example")
}

// TestCacheOriginsShares lets many ask at once. A panic of Lookup must not
// block those who ask later.
func TestCacheOriginsShares(t *testing.T) {
	var lookups atomic.Int32
	release := make(chan struct{})
	f := cors.CacheOrigins(cors.CacheConfig{Lookup: func(context.Context, origin.Origin) (bool, error) {
		lookups.Add(1)
		<-release
		return true, nil
	}})
	o := mustOrigin(t, app)
	var wg sync.WaitGroup
	var allowed atomic.Int32
	for range 20 {
		wg.Go(func() {
			if f(request("GET"), o) {
				allowed.Add(1)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for lookups.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if f(request("GET").WithContext(ctx), o) {
		t.Error("a request that was cancelled was allowed without an answer")
	}
	close(release)
	wg.Wait()
	if allowed.Load() != 20 || lookups.Load() != 1 {
		t.Errorf("%d of 20 allowed, by %d look-ups", allowed.Load(), lookups.Load())
	}

	panics := true
	f = cors.CacheOrigins(cors.CacheConfig{Lookup: func(context.Context, origin.Origin) (bool, error) {
		if panics {
			panic("Lookup's")
		}
		return true, nil
	}})
	func() {
		defer func() { _ = recover() }()
		f(request("GET"), o)
	}()
	panics = false
	if !f(request("GET"), o) {
		t.Error("after a panic, the origin is not allowed")
	}
}

func mustOrigin(t *testing.T, s string) origin.Origin {
	t.Helper()
	o, err := origin.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
