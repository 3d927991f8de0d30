package fetch

import (
	"context"
	"testing"
)

func benchmarkFetch(b *testing.B, req *Request, answers map[Kind]*WireResponse, want Result) {
	page := mustPage(b, PageConfig{Origin: "https://app.example.com", URL: "https://app.example.com/items?page=2"})
	exchange := func(_ context.Context, w *WireRequest) (*WireResponse, error) { return answers[w.Kind], nil }
	browser := New(Config{})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if o := browser.Fetch(ctx, page, req, exchange); o.Result != want {
			b.Fatalf("result %s, error %v", o.Result, o.Error)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

func BenchmarkSimple(b *testing.B) {
	benchmarkFetch(b, &Request{URL: "https://api.example.net/v1/items?page=2"}, map[Kind]*WireResponse{
		KindActual: {200, Headers{
			{"Content-Type", "application/json"},
			{"Access-Control-Allow-Origin", "https://app.example.com"},
			{"Vary", "Origin"},
		}, nil, false},
	}, Allowed)
}

// BenchmarkPreflighted sends a preflight every time: a max-age of 0 keeps it
// out of the cache.
func BenchmarkPreflighted(b *testing.B) {
	benchmarkFetch(b, &Request{
		URL:     "https://api.example.net/v1/items/7",
		Method:  "PUT",
		Headers: Headers{{"Content-Type", "application/json"}, {"X-Request-Id", "1"}},
		Body:    &Body{Kind: BodyBytes},
		Options: Options{Credentials: CredentialsInclude},
	}, map[Kind]*WireResponse{
		KindPreflight: {204, Headers{
			{"Access-Control-Allow-Origin", "https://app.example.com"},
			{"Access-Control-Allow-Credentials", "true"},
			{"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"},
			{"Access-Control-Allow-Headers", "Content-Type, X-Request-Id, Authorization"},
			{"Access-Control-Max-Age", "0"},
		}, nil, false},
		KindActual: {200, Headers{
			{"Content-Type", "application/json"},
			{"Access-Control-Allow-Origin", "https://app.example.com"},
			{"Access-Control-Allow-Credentials", "true"},
			{"Access-Control-Expose-Headers", "X-Request-Id"},
			{"X-Request-Id", "1"},
		}, nil, false},
	}, Allowed)
}

func mustPage(t testing.TB, cfg PageConfig) *Page {
	t.Helper()
	p, err := NewPage(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
