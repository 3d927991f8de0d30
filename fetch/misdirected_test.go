package fetch

import "testing"

// TestMisdirected checks who sends a request again after a 421: everybody that
// follows the standard, unless the body is a stream, which can be sent once
// (https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
func TestMisdirected(t *testing.T) {
	text, stream := &Body{Kind: BodyText}, &Body{Kind: BodyStream}
	for _, tt := range []struct {
		profile Profile
		body    *Body
		want    int
	}{
		{Standard, nil, 2},
		{Standard, text, 2},
		{Standard, stream, 1},
		{Chromium, text, 2},
		{Chromium, stream, 1},
		{Firefox, text, 2},
		{Firefox, stream, 2}, // which it sends as a text
	} {
		s := &script{answers: map[string]*WireResponse{
			"GET https://app.example.com/":  answer(421),
			"POST https://app.example.com/": answer(421),
		}}
		q := &Request{URL: "/", Body: tt.body}
		if tt.body != nil {
			q.Method = "POST"
		}
		o := New(Config{Profile: tt.profile}).Fetch(t.Context(), mustPage(t, PageConfig{Origin: pageOrigin}), q, s.exchange)
		if len(o.Wire) != tt.want || o.Response.Status != 421 {
			t.Errorf("%s, body %+v: %d requests, want %d: %v", tt.profile, tt.body, len(o.Wire), tt.want, o.Error)
		}
	}
}
