package diagnose

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "non-web-origin-not-allowed", Side: cause.Policy,
	Title: "The server's CORS policy does not allow the app's origin, {sent}",
	When:  "The server does not allow the page's origin, whose scheme is that of an app or an extension.",
	Why:   "Pages in an app or a browser extension have an origin with a scheme of its own, which many configurations do not expect.",
	Fix:   "Add {sent} to the origins that the policy allows, exactly as written here. Where only http and https origins can be listed, serve the app's pages over https (in Capacitor, androidScheme and iosScheme).",
	Example: &Scenario{
		Page: "capacitor://localhost", Server: allowing("http://localhost:3000", items), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: allowing("capacitor://localhost", items)},
	rules: []rule{
		{rank: textual, of: anyAnswer, find: func(s *scene) *shown { return s.ifApp(s.refusedByText) }},
		{rank: middle, of: anyAnswer, find: func(s *scene) *shown { return s.ifApp(s.refusedByComparison) }},
		{rank: lowest, of: anyAnswer, find: func(s *scene) *shown { return s.ifApp(s.refusedSilently) }},
		{rank: lowest, of: []string{"acao-other-origin"}, find: func(s *scene) *shown {
			return s.ifApp(func() *shown { return by().saying("the server allows " + s.answer(protocol.AllowOrigin)) })
		}},
	},
})

func (s *scene) ifApp(find func() *shown) *shown {
	if s.isApp() {
		return find()
	}
	return nil
}
