package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "rails",
	Aliases:  []string{"rack", "rack-cors", "ruby"},
	Title:    "Rails",
	Layer:    Application,
	Versions: "Rails with rack-cors 1.1", Proof: Live, Holds: Errors | Vary | Preflights | Quiet,
	Server: &Server{
		Programs: []string{"ruby"}, Install: "apt-get install ruby-rack-cors ruby-webrick", Start: "server.rb", Files: rackFiles,
	},
	Why: "insert_before 0 puts Rack::Cors outside everything, so that errors and static files carry the headers. Strings without a scheme allow both http and https, so origins are written whole; expressions need \\A and \\z, as ^ and $ are about lines in Ruby.",
	Signs: []Sign{
		body(finding.Certain, "<h1>Blocked hosts: "),
		body(finding.Certain, "Action Controller: Exception caught"),
		body(finding.Certain, "ActionController::"),
		body(finding.Certain, "The page you were looking for doesn't exist (404)"),
		body(finding.Certain, "We're sorry, but something went wrong (500)"),
		trait(finding.Likely, "X-Request-Id with X-Runtime", func(s *Seen) bool {
			return s.Headers.Has("X-Request-Id") && s.Headers.Has("X-Runtime")
		}),
		header(finding.Likely, "X-Powered-By", "Phusion Passenger"),
	},
	Projects: []Project{{File: "Gemfile", Contains: "rails"}},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		origins := make([]string, 0, len(r.exact)+len(r.patterns))
		for _, s := range r.exact {
			origins = append(origins, rubyString(s))
		}
		for _, p := range r.patterns {
			origins = append(origins, rubyRegexp(p))
		}
		if r.anyOrigin {
			origins = []string{`"*"`}
		}
		var c code
		c.line("Rails.application.config.middleware.insert_before 0, Rack::Cors do")
		c.line("  allow do")
		c.line("    origins %s", strings.Join(origins, ", "))
		c.line(`    resource "*",`)
		if r.anyHeader {
			c.line("      headers: :any,")
		} else {
			c.line("      headers: [%s],", list(rubyString, r.headers...))
		}
		c.line("      methods: [%s],", list(rubySymbol, r.methods...))
		c.when(len(r.expose) > 0, "      expose: [%s],", list(rubyString, r.expose...))
		c.when(r.credentials, "      credentials: true,")
		c.line("      max_age: %d", r.seconds())
		c.line("  end")
		c.line("end")
		return r.snippet(&c, Snippet{
			File:      "config/initializers/cors.rb",
			Place:     "the whole file; restart the server after the change",
			Install:   "bundle add rack-cors",
			Shortfall: gaps("The answers to preflights have no Vary: Origin."),
		})
	},
	Advice: map[string]Advice{
		"csrf-origin-check-failed":  {Text: "CORS lets the page read the answer; protect_from_forgery is another check, and refuses a POST from another origin. In an API, authenticate by a token and inherit from ActionController::API, or use protect_from_forgery with: :null_session; with the session cookie, send X-CSRF-Token and set config.action_controller.forgery_protection_origin_check = false.", Only: true},
		"host-header-rejected":      {Text: "The name in the URL is not in config.hosts, so Rails answers 403 before anything else. Add it in config/environments/development.rb: config.hosts << \"api.example.test\", the host alone.", Only: true},
		"preflight-not-routed":      {Text: "Without Rack::Cors, the router answers OPTIONS with 404. Insert it before everything else: insert_before 0."},
		"preflight-requires-auth":   {Text: "Insert Rack::Cors before everything else, Warden and Devise included: insert_before 0."},
		"preflight-redirect-https":  {Text: "config.force_ssl answers the preflight with a redirect, which no preflight may. Request the URL with https; insert_before 0 puts Rack::Cors before it."},
		"server-error-without-cors": {Text: "The exception is in the log of the server: fix that first. With insert_before 0, the answers to exceptions carry the headers; inside ActionDispatch::ShowExceptions, they do not."},
		"auth-error-without-cors":   {Text: "Insert Rack::Cors before everything else, Warden and Devise included: insert_before 0."},
		"cookie-samesite-blocks-cross-site": {
			Text: "Set Rails.application.config.session_store :cookie_store, key: '_app_session', same_site: :none, secure: true.", Only: true,
		},
	},
})

// rubySymbol returns a method as a symbol, such as :put, or a string if it is
// not made of letters.
func rubySymbol(method string) string {
	lower := strings.ToLower(method)
	if lower == "" || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz") != "" || strings.ToUpper(method) != method {
		return rubyString(method)
	}
	return ":" + lower
}

// rackApp stands in for Rails, which is a Rack application with the same
// middleware.
const rackApp = `# Routes: ` + appRoutes + `.
require 'rack'
require 'rack/cors'
require 'rack/handler/webrick'

app = Rack::Builder.new do
%s
  use Rack::ShowExceptions
  run lambda { |env|
    path = env['PATH_INFO']
    raise 'boom' if path == '/throw'
    next [200, { 'X-Total-Count' => '3' }, []] if path == '/x'
    next [405, {}, []] if env['REQUEST_METHOD'] != 'GET'
    next [200, { 'Access-Control-Allow-Origin' => '*', 'Vary' => 'Accept-Language' }, []] if path == '/own'
    [{ '/200' => 200, '/401' => 401, '/500' => 500 }.fetch(path, 404), {}, []]
  }
end
Rack::Handler::WEBrick.run(app.to_app, Host: %s, Port: %s, AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
`

func rackFiles(code string, at Addresses) map[string]string {
	code = strings.Replace(code, "Rails.application.config.middleware.insert_before 0, Rack::Cors", "use Rack::Cors", 1)
	return map[string]string{"server.rb": fmt.Sprintf(rackApp, indent("  ", code), rubyString(at.AnyHost()), at.Port)}
}
