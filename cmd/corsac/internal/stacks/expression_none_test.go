package stacks

import "testing"

func TestMatchesNoOrigin(t *testing.T) {
	for expr, want := range map[string]bool{
		`https://app\.example\.com`:                      false,
		`https?://([a-z0-9-]+\.)*example\.com(:[0-9]+)?`: false,
		`.*example\.com`:                                 false,
		`(?:https|http)://[^/]+`:                         false,
		`.+`:                                             false,
		`(?i)HTTPS://a\.example`:                         false,
		`example\.com`:                                   true,
		`(example\.com|example\.org)`:                    true,
		`example\.com|https://example\.org`:              false,
		`https:/example\.com`:                            true,
		`HTTPS://a\.example`:                             true,
		`https://`:                                       true,
		``:                                               true,
		`//example\.com`:                                 true,
		`(`:                                              false,
	} {
		if got := MatchesNoOrigin(expr); got != want {
			t.Errorf("%s: %t", expr, got)
		}
	}
}

// TestNginxNoScheme checks that an expression without a scheme, which is only of use
// because nginx looks for it anywhere, is not read as one that matches no origin.
func TestNginxNoScheme(t *testing.T) {
	sites, text := nginxSites(map[string]string{"nginx.conf": inServer(`location / {
if ($http_origin ~ (example\.com|example\.org)) { add_header Access-Control-Allow-Origin $http_origin always; }
proxy_pass http://a;
}`)})
	for _, s := range sites {
		if len(s.Draft.Entries) > 0 {
			t.Error(text)
		}
	}
	if len(sites) != 1 || len(sites[0].Draft.Remarks) == 0 || sites[0].Draft.Remarks[0].Kind == "" {
		t.Error(text)
	}
	t.Log(text)
}
