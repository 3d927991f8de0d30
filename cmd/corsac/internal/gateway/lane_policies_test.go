package gateway_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// some returns some of the words, at random.
func some(random *rand.Rand, words ...string) (list []string) {
	for _, word := range words {
		if random.IntN(2) == 0 {
			list = append(list, word)
		}
	}
	return list
}

func any1(random *rand.Rand, words ...string) string { return words[random.IntN(len(words))] }

// randomPolicy returns a policy that cors accepts.
func randomPolicy(random *rand.Rand) cors.Policy {
	for {
		p := cors.Policy{
			AllowOrigins: some(random, app, "https://*.example.org", "http://localhost:*", "https://a.example:8443", "capacitor://localhost"),
			AllowMethods: some(random, "PUT", "DELETE", "PATCH", "QUERY"), AllowHeaders: some(random, "X-A", "X-B", "Authorization", "Content-Type"),
			ExposeHeaders: some(random, "X-Total"), AllowCredentials: random.IntN(3) == 0, AllowTiming: random.IntN(3) == 0,
		}
		switch random.IntN(6) {
		case 0:
			p.AllowOrigins = []string{"*"}
		case 1:
			p.AllowMethods = []string{"*"}
		case 2:
			p.AllowHeaders = []string{"*"}
		case 3:
			p.AllowHeaders = []string{"*", "Authorization"}
		case 4:
			p.PreflightStatus = 200 + random.IntN(7)
		}
		if random.IntN(2) == 0 {
			p.MaxAge = cors.CacheFor(time.Duration(random.IntN(7200)) * time.Second)
		}
		if _, err := cors.New(p); err == nil {
			return p
		}
	}
}

// randomPreflight returns a preflight, of which most are as browsers send them.
func randomPreflight(random *rand.Rand) string {
	lines := []string{
		"Host: " + any1(random, "x", "api.example.com:8080", "b.example"),
		"Origin: " + any1(random, app, app, "https://a.example.org", "https://example.org", "http://localhost:3000", "https://a.example:8443", "capacitor://localhost", "null", "https://evil.example", app+".evil.example", "HTTPS://APP.EXAMPLE.COM"),
		"Access-Control-Request-Method: " + any1(random, "PUT", "DELETE", "PATCH", "GET", "POST", "QUERY", "put", "a b", "TRACE"),
	}
	if random.IntN(2) == 0 {
		names := some(random, "x-a", "x-b", "authorization", "content-type", "X-C", "", "x a")
		lines = append(lines, "Access-Control-Request-Headers: "+strings.Join(names, any1(random, ",", ", ", " ,")))
	}
	lines = append(lines, some(random, "Access-Control-Request-Private-Network: true", "Accept: */*", "User-Agent: x", "Sec-Fetch-Mode: cors", "Connection: keep-alive", "Referer: "+app+"/")...)
	if random.IntN(20) == 0 {
		lines = append(lines, any1(random, "X-Odd: 1", "Connection: close", "Origin: "+app, "Content-Length: 0", "Expect: 100-continue"))
	}
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	target := any1(random, "/", "/items", "/items/1?a=b", "/other/x", "/other", "/none", "/other/../items", "//other", "/other%2fx")
	return http.MethodOptions + " " + target + " HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// checkEarlyPolicies compares both ways with random policies, routes and preflights,
// also after other policies have replaced them. It returns how many were early.
func checkEarlyPolicies(t testing.TB, seed uint64, preflights int) int64 {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:1"} // nothing listens there
	c := &config.Config{
		Policies: map[string]cors.Policy{"one": randomPolicy(random), "other": randomPolicy(random)},
		Gateway: config.Gateway{Routes: []config.Route{
			{Path: any1(random, "/", "/items"), Upstream: upstream, Policy: "one"},
			{Path: "/other", Host: any1(random, "", "b.example"), Upstream: upstream, Policy: "other", HideOrigin: random.IntN(4) == 0},
		}},
	}
	ask, early := bothWaysOf(t, c, gateway.Options{Debug: random.IntN(4) == 0})
	for i := range preflights {
		if i == preflights/2 {
			m, err := c.Middleware("one")
			if err == nil {
				err = m.Reconfigure(randomPolicy(random))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		text := randomPreflight(random)
		if plain, other := ask(t, text); plain != other {
			t.Errorf("seed %d: %+v\n%s\nnet/http:\n%s\nearly:\n%s", seed, c.Policies, text, plain, other)
		}
	}
	return early.n.Load()
}

// TestEarlyPolicies checks that the answers are the same both ways, whatever the
// policies.
func TestEarlyPolicies(t *testing.T) {
	seeds := testenv.Rounds(100, 10)
	n := int64(0)
	for seed := range seeds {
		n += checkEarlyPolicies(t, uint64(seed), 20)
	}
	if n < int64(seeds)*5 {
		t.Errorf("only %d preflights were answered early", n)
	}
}

// FuzzEarlyPolicies does the same for other seeds.
func FuzzEarlyPolicies(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkEarlyPolicies(t, seed, 8) })
}
