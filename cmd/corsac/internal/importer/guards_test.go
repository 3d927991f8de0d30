package importer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// guardedRoutes are configurations of several servers, and the routes that corsac
// writes for them: never one that is open where the server is not.
var guardedRoutes = []struct{ name, stack, file, text, want string }{
	{"Apache: hosts", "apache", "site.conf", apacheHost("ProxyPass / http://127.0.0.1:9001/"), "b.example.com / http://127.0.0.1:9001\nwww.example.com / http://127.0.0.1:9001"},
	{"Apache: password", "apache", "site.conf", apacheHost("<Location />\nAuthType Basic\nRequire valid-user\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "Require valid-user"},
	{"Apache: password below", "apache", "site.conf", apacheHost("<Location /admin>\nRequire ip 10.0.0.0/8\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "Require ip"},
	{"Apache: password aside", "apache", "site.conf", apacheHost("<Location /admin>\nRequire ip 10.0.0.0/8\n</Location>\nProxyPass /api http://127.0.0.1:9001/api"), "b.example.com /api http://127.0.0.1:9001\nwww.example.com /api http://127.0.0.1:9001"},
	{"Apache: Deny", "apache", "site.conf", apacheHost("<Proxy *>\nOrder deny,allow\nDeny from all\nAllow from 10.0.0.1\n</Proxy>\nProxyPass / http://127.0.0.1:9001/"), "Deny from"},
	{"Apache: preflights only", "apache", "site.conf", apacheHost("RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,L]\nProxyPreserveHost On\nProxyPass / http://127.0.0.1:9001/"), "b.example.com / http://127.0.0.1:9001 preserve_host\nwww.example.com / http://127.0.0.1:9001 preserve_host"},
	{"Apache: forbidden", "apache", "site.conf", apacheHost("RewriteEngine On\nRewriteCond %{HTTP:X-Key} !secret\nRewriteRule ^ - [F]\nProxyPass / http://127.0.0.1:9001/"), "RewriteRule"},
	{"Apache: not forwarded", "apache", "site.conf", apacheHost("ProxyPass /admin !\nProxyPass / http://127.0.0.1:9001/"), "ProxyPass /admin !"},
	{"Apache: not forwarded, aside", "apache", "site.conf", apacheHost("ProxyPass /admin !\nProxyPass /api http://127.0.0.1:9001/api"), "b.example.com /api http://127.0.0.1:9001\nwww.example.com /api http://127.0.0.1:9001"},
	{"Apache: Allow", "apache", "site.conf", apacheHost("<Location /internal>\nOrder allow,deny\nAllow from 10.0.0.0/8\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "Allow from"},
	{"Apache: Allow from all", "apache", "site.conf", apacheHost("<Location />\nOrder allow,deny\nAllow from all\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "b.example.com / http://127.0.0.1:9001\nwww.example.com / http://127.0.0.1:9001"},
	{"Apache: forwarded to a balancer", "apache", "site.conf", apacheHost("ProxyPass /admin balancer://admin\nProxyPass / http://127.0.0.1:9001/"), "ProxyPass /admin balancer://admin keeps some"},
	{"Apache: forwarded to FastCGI", "apache", "site.conf", apacheHost("ProxyPassMatch \"^/(.*\\.php)$\" fcgi://127.0.0.1:9000/srv/$1\nProxyPass / http://127.0.0.1:9001/"), "fcgi://127.0.0.1:9000/srv/$1 keeps some"},
	{"Apache: forwarded to a balancer, aside", "apache", "site.conf", apacheHost("ProxyPass /admin balancer://admin\nProxyPass /api http://127.0.0.1:9001/api\nProxyPassReverse / balancer://admin"), "b.example.com /api http://127.0.0.1:9001\nwww.example.com /api http://127.0.0.1:9001"},
	{"Apache: password for pages", "apache", "site.conf", apacheHost("<LocationMatch \"/admin/.*\\.html$\">\nRequire valid-user\n</LocationMatch>\nProxyPass / http://127.0.0.1:9001/"), "Require valid-user"},
	{"Apache: password for files", "apache", "site.conf", apacheHost("<FilesMatch \"\\.html$\">\nRequire valid-user\n</FilesMatch>\nProxyPass / http://127.0.0.1:9001/"), "Require valid-user"},
	{"Apache: files of htaccess", "apache", "site.conf", apacheHost("<FilesMatch \"^\\.ht\">\nRequire all denied\n</FilesMatch>\n<Files \".ht*\">\nRequire all denied\n</Files>\nProxyPass /api http://127.0.0.1:9001/api"), "b.example.com /api http://127.0.0.1:9001\nwww.example.com /api http://127.0.0.1:9001"},

	{"HAProxy: host", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { hdr(host) -i b.example.com } { path_beg /api/ }"), "b.example.com /api/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: password", "haproxy", "haproxy.cfg", haproxy("http-request auth unless { http_auth(users) }", "default_backend app"), "http-request auth"},
	{"HAProxy: deny", "haproxy", "haproxy.cfg", haproxy("acl inside src 10.0.0.0/8\n    http-request deny if { path_beg /admin } !inside", "default_backend app"), "http-request deny"},
	{"HAProxy: deny aside", "haproxy", "haproxy.cfg", haproxy("http-request deny if { path_beg /admin }", "use_backend app if { path_beg /api/ }"), "/api/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: deny, ignoring case", "haproxy", "haproxy.cfg", haproxy("http-request deny if { path_beg -i /Admin }", "use_backend app if { path_beg /admin }"), "http-request deny"},
	{"HAProxy: preflights only", "haproxy", "haproxy.cfg", haproxy("http-request return status 204 if METH_OPTIONS", "default_backend app"), "/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: sources", "haproxy", "haproxy.cfg", haproxy("acl inside src 10.0.0.0/8", "use_backend app if inside"), "if src 10.0.0.0/8 chooses its paths"},
	{"HAProxy: not preflights, with blanks", "haproxy", "haproxy.cfg", haproxy("http-request auth realm x if ! { method OPTIONS } ! { http_auth(u) }", "default_backend app"), "http-request auth"},
	{"HAProxy: not preflights", "haproxy", "haproxy.cfg", haproxy("http-request deny if !METH_OPTIONS !{ http_auth(u) }", "default_backend app"), "http-request deny"},
	{"HAProxy: not a name", "haproxy", "haproxy.cfg", haproxy("acl pre method OPTIONS\n    http-request deny if ! pre", "default_backend app"), "http-request deny"},
	{"HAProxy: not a path", "haproxy", "haproxy.cfg", haproxy("http-request deny if !{ path_beg /public/ }", "use_backend app if { path_beg /api/ }"), "http-request deny"},
	{"HAProxy: chosen by not a path", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if ! { path_beg /admin }"), "if ! { path_beg /admin } chooses its paths"},
	{"HAProxy: chosen by not a name", "haproxy", "haproxy.cfg", haproxy("acl admin path_beg /admin", "use_backend app if !admin"), "if !admin chooses its paths"},
	{"HAProxy: use_backend ignoring case", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { path_beg -i /Admin }"), "if path_beg -i /Admin chooses its paths"},
	{"HAProxy: deny of another spelling", "haproxy", "haproxy.cfg", haproxy("http-request deny if { path_beg /ADMIN }", "use_backend app if { path_beg -i /Admin }"), "http-request deny"},
	{"HAProxy: not a value that is a name, too", "haproxy", "haproxy.cfg", haproxy("acl admin path_beg /admin\n    http-request deny if !{ hdr(x) admin }", "use_backend app if { path_beg /api/ }"), "http-request deny"},
	{"HAProxy: host in lower case", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { req.hdr(host),lower b.example.com }"), "b.example.com / http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: below, ignoring case", "haproxy", "haproxy.cfg", haproxy("acl admin path_beg -i /API/admin", "use_backend other if admin\n    use_backend app if { path_beg /api/ }\nbackend other\n    http-request auth unless { http_auth(u) }\n    server b 127.0.0.1:9002"), "which has no route"},
	{"HAProxy: converter", "haproxy", "haproxy.cfg", haproxy("http-request deny if { path,regsub(^/v1,) -m beg /admin }", "use_backend app if { path_beg /v1/ }"), "http-request deny"},
	{"HAProxy: chosen by a converter", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { path,regsub(^/v1,) -m beg /admin }"), "chooses its paths"},
	{"HAProxy: host of a converter", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { hdr(host),regsub(^www.,) b.example.com }"), "chooses its paths"},
	{"HAProxy: responses denied", "haproxy", "haproxy.cfg", haproxy("http-response deny if { path_beg /x }", "default_backend app"), "http-response deny"},
	{"HAProxy: responses returned", "haproxy", "haproxy.cfg", haproxy("http-response return status 403", "default_backend app"), "http-response return"},
	{"HAProxy: responses redirected", "haproxy", "haproxy.cfg", haproxy("http-response redirect location /login", "default_backend app"), "http-response redirect"},
	{"HAProxy: filter", "haproxy", "haproxy.cfg", haproxy("filter spoe engine auth config /etc/x", "default_backend app"), "filter spoe"},
	{"HAProxy: old deny", "haproxy", "haproxy.cfg", haproxy("reqideny ^GET", "default_backend app"), "reqideny ^GET"},
	{"HAProxy: old tarpit", "haproxy", "haproxy.cfg", haproxy("reqitarpit ^GET", "default_backend app"), "reqitarpit ^GET"},
	{"HAProxy: destination", "haproxy", "haproxy.cfg", haproxy("http-request set-dst-port int(9009)", "default_backend app"), "http-request set-dst-port"},
	{"HAProxy: address of the destination", "haproxy", "haproxy.cfg", haproxy("http-request set-dst hdr(x-dst)", "default_backend app"), "http-request set-dst"},
	{"HAProxy: host within a name", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { hdr_dom(host) -i b.example.com }"), "if hdr_dom(host) -i b.example.com chooses its paths"},
	{"HAProxy: credential of old lines", "haproxy", "haproxy.cfg", haproxy("reqadd Authorization:\\ Basic\\ YTpi", "default_backend app"), "reqadd Authorization gives the upstream a credential"},
	{"HAProxy: header of old lines", "haproxy", "haproxy.cfg", haproxy("reqadd X-Forwarded-Proto:\\ https", "default_backend app"), "/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: filter that compresses", "haproxy", "haproxy.cfg", haproxy("filter compression", "default_backend app"), "/ http://127.0.0.1:9001 preserve_host"},

	{"Envoy: hosts", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api}, route: {cluster: app}}`), "b.example.com /api http://127.0.0.1:9001 preserve_host"},
	{"Envoy: tokens", "envoy", "envoy.yaml", envoy("- {name: envoy.filters.http.jwt_authn}", `{match: {prefix: /api}, route: {cluster: app}}`), "envoy.filters.http.jwt_authn"},
	{"Envoy: access log of rbac", "envoy", "envoy.yaml", envoy(`- {name: own, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC}}`, `{match: {prefix: /api}, route: {cluster: app}}`), "the filter own"},
	{"Envoy: rewrite", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api}, route: {cluster: app, prefix_rewrite: /}}`), "prefix_rewrite"},
	{"Envoy: refused by an expression", "envoy", "envoy.yaml", envoy("", `{match: {safe_regex: {regex: "/api/admin.*"}}, direct_response: {status: 403}}, {match: {prefix: /api}, route: {cluster: app}}`), "Envoy answers its requests itself"},
	{"Envoy: headers", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api, headers: [{name: x-key, exact_match: a}]}, route: {cluster: app}}`), "its match (headers) chooses its paths"},
	{"Envoy: ignoring case", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /API/admin, case_sensitive: false}, direct_response: {status: 403}}, {match: {prefix: /api}, route: {cluster: app}}`), "is before it, and has its requests"},
	{"Envoy: by an expression", "envoy", "envoy.yaml", envoy("", `{match: {safe_regex: {regex: /api/secret.*}}, direct_response: {status: 403}}, {match: {prefix: /api}, route: {cluster: app}}`), "is before it, and has its requests"},
	{"Envoy: exact path, ignoring case", "envoy", "envoy.yaml", envoy("", `{match: {path: /api/x, case_sensitive: false}, direct_response: {status: 403}}, {match: {path_separated_prefix: /api}, route: {cluster: app}}`), "is before it, and has its requests"},
	{"Envoy: other paths of a host", "envoy", "envoy.yaml", strings.Replace(envoy("", `{match: {prefix: /api}, route: {cluster: app}}`), "          http_filters:", "            - name: all\n              domains: ['*']\n              cors: {allow_origin_string_match: [{exact: 'https://app.example.com'}]}\n              routes: [{match: {prefix: /}, route: {cluster: app}}]\n          http_filters:", 1), "b.example.com /api http://127.0.0.1:9001 preserve_host\nit would have the requests for other paths of b.example.com, too, which has routes of its own"},

	{"Kong: hosts", "kong", "kong.yml", kong("hosts: [b.example.com], strip_path: false, preserve_host: true", ""), "b.example.com /api http://127.0.0.1:9001 preserve_host"},
	{"Kong: keys", "kong", "kong.yml", kong("strip_path: false", "  - name: key-auth\n"), "the plugin key-auth"},
	{"Kong: addresses, of all", "kong", "kong.yml", kong("strip_path: false", "") + "plugins:\n- name: ip-restriction\n  config: {allow: [10.0.0.0/8]}\n", "the plugin ip-restriction"},
	{"Kong: below", "kong", "kong.yml", kong("strip_path: false", "") + "- name: admin\n  url: http://127.0.0.1:9002\n  routes: [{name: admin, paths: [/api/admin]}]\n", "route admin has some of its requests"},
	{"Kong: keys below, for all hosts", "kong", "kong.yml", kong("hosts: [b.example.com], strip_path: false", "") + "- name: admin\n  url: http://127.0.0.1:9002\n  routes: [{name: admin, paths: [/api/admin], strip_path: false}]\n  plugins:\n  - name: key-auth\n  - name: cors\n    config: {origins: ['https://app.example.com']}\n", "route admin has some of its requests, and the plugin key-auth"},
	{"Kong: below, by an expression", "kong", "kong.yml", kong("strip_path: false", "") + "- name: admin\n  url: http://127.0.0.1:9002\n  routes: [{name: admin, paths: ['/a(pi|dmin)/secret']}]\n", "route admin has some of its requests"},
	{"Kong: keys for an expression", "kong", "kong.yml", kong("strip_path: false}, {name: admin, paths: ['~/api/(admin|x)'], plugins: [{name: key-auth}]", ""), "the plugin key-auth"},
	{"Kong: methods", "kong", "kong.yml", kong("strip_path: false, methods: [GET]", ""), "its methods chooses its paths"},
	{"Kong: keys, by the ID of the service", "kong", "kong.yml", strings.NewReplacer("- name: api\n", "- name: api\n  id: 11111111-1111-1111-1111-111111111111\n", "[{name: api,", "[{name: api, id: 22222222-2222-2222-2222-222222222222,").Replace(kong("strip_path: false", "")) + "plugins:\n- name: key-auth\n  service: {id: 11111111-1111-1111-1111-111111111111}\n", "the plugin key-auth"},
	{"Kong: keys, by the ID of the route", "kong", "kong.yml", strings.NewReplacer("- name: api\n", "- name: api\n  id: 11111111-1111-1111-1111-111111111111\n", "[{name: api,", "[{name: api, id: 22222222-2222-2222-2222-222222222222,").Replace(kong("strip_path: false", "")) + "plugins:\n- name: key-auth\n  route: {id: 22222222-2222-2222-2222-222222222222}\n", "the plugin key-auth"},
	{"Kong: service by its ID", "kong", "kong.yml", "services:\n- {name: api, id: a1, url: 'http://127.0.0.1:9001', plugins: [{name: key-auth}]}\nroutes:\n- {name: api, paths: [/api], strip_path: false, service: {id: a1}, plugins: [{name: cors, config: {origins: ['https://app.example.com']}}]}\n", "the plugin key-auth"},

	{"Istio: hosts", "istio", "vs.yaml", istio("", ""), "b.example.com /api http://app:9001 preserve_host"},
	{"Istio: policy", "istio", "vs.yaml", istio("", "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: only-me}\nspec: {}\n"), "AuthorizationPolicy only-me"},
	{"Istio: tokens", "istio", "vs.yaml", istio("", "---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: jwt}\nspec: {}\n"), "RequestAuthentication jwt"},
	{"Istio: rewrite", "istio", "vs.yaml", istio("rewrite: {uri: /}, ", ""), "rewrite changes its paths"},
	{"Istio: policy of the gateway's namespace", "istio", "vs.yaml", strings.Replace(istio("", "---\nkind: AuthorizationPolicy\nmetadata: {name: jwt, namespace: istio-ingress}\nspec: {selector: {matchLabels: {istio: ingressgateway}}, action: DENY}\n"), "{name: api}", "{name: api, namespace: app}", 1), "AuthorizationPolicy jwt"},
	{"Istio: policy of the gateway", "istio", "vs.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hosts:", "  gateways: [istio-ingress/gw]\n  hosts:").Replace(istio("", "---\nkind: AuthorizationPolicy\nmetadata: {name: jwt, namespace: istio-ingress}\nspec: {selector: {matchLabels: {istio: ingressgateway, a: b}}, action: DENY}\n---\nkind: Gateway\nmetadata: {name: gw, namespace: istio-ingress}\nspec: {selector: {istio: ingressgateway}, servers: []}\n")), "AuthorizationPolicy jwt"},
	{"Istio: policy of other workloads", "istio", "vs.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hosts:", "  gateways: [istio-ingress/gw]\n  hosts:").Replace(istio("", "---\nkind: AuthorizationPolicy\nmetadata: {name: jwt, namespace: other}\nspec: {selector: {matchLabels: {istio: egressgateway}}, action: DENY}\n---\nkind: Gateway\nmetadata: {name: gw, namespace: istio-ingress}\nspec: {selector: {istio: ingressgateway}, servers: []}\n")), "b.example.com /api http://app:9001 preserve_host"},
	{"Istio: ignoring case", "istio", "vs.yaml", strings.Replace(istio("", ""), "  http:\n", "  http:\n  - {match: [{uri: {prefix: /API/Admin}, ignoreUriCase: true}], directResponse: {status: 403}}\n", 1), "directResponse applies to it"},

	{"Gateway API: hosts", "gateway-api", "route.yaml", gatewayRoute("", ""), "b.example.com /api http://app:9001 preserve_host"},
	{"Gateway API: extension", "gateway-api", "route.yaml", gatewayRoute("{type: ExtensionRef, extensionRef: {kind: Auth, name: login}}, ", ""), "the filter ExtensionRef login"},
	{"Gateway API: policy", "gateway-api", "route.yaml", gatewayRoute("", "---\nkind: SecurityPolicy\nmetadata: {name: jwt}\nspec: {targetRef: {kind: HTTPRoute, name: api}, jwt: {}}\n"), "the SecurityPolicy jwt"},
	{"Gateway API: credential", "gateway-api", "route.yaml", gatewayRoute("{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: Authorization, value: x}]}}, ", ""), "gives the upstream a credential"},
	{"Gateway API: below", "gateway-api", "route.yaml", gatewayRoute("", "---\nkind: HTTPRoute\nmetadata: {name: admin}\nspec: {hostnames: [b.example.com], rules: [{matches: [{path: {value: /api/admin}}], backendRefs: [{name: x, port: 1}]}]}\n"), "HTTPRoute admin /api/admin has some of its requests"},
	{"Gateway API: policy of the gateway", "gateway-api", "route.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hostnames:", "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames:").Replace(gatewayRoute("", "---\nkind: SecurityPolicy\nmetadata: {name: jwt, namespace: infra}\nspec: {targetRefs: [{kind: Gateway, name: gw}], jwt: {}}\n")), "the SecurityPolicy jwt"},
	{"Gateway API: policy of selected gateways", "gateway-api", "route.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hostnames:", "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames:").Replace(gatewayRoute("", "---\nkind: SecurityPolicy\nmetadata: {name: jwt, namespace: infra}\nspec: {targetSelectors: [{kind: Gateway, matchLabels: {a: b}}], jwt: {}}\n")), "the SecurityPolicy jwt"},
	{"Gateway API: policy of another gateway", "gateway-api", "route.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hostnames:", "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames:").Replace(gatewayRoute("", "---\nkind: SecurityPolicy\nmetadata: {name: jwt, namespace: app}\nspec: {targetRefs: [{kind: Gateway, name: gw}], jwt: {}}\n")), "b.example.com /api http://app:9001 preserve_host"},
	{"Gateway API: client certificates", "gateway-api", "route.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hostnames:", "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames:").Replace(gatewayRoute("", "---\nkind: Gateway\nmetadata: {name: gw, namespace: infra}\nspec: {listeners: [{name: a, tls: {frontendValidation: {caCertificateRefs: [{name: ca}]}}}]}\n")), "the gateway gw asks for certificates of clients"},
	{"Gateway API: client certificates of all listeners", "gateway-api", "route.yaml", strings.NewReplacer("{name: api}", "{name: api, namespace: app}", "  hostnames:", "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames:").Replace(gatewayRoute("", "---\nkind: Gateway\nmetadata: {name: gw, namespace: infra}\nspec: {tls: {frontend: {default: {validation: {caCertificateRefs: [{name: ca}]}}}}}\n")), "the gateway gw asks for certificates of clients"},

	{"ingress-nginx: hosts", "ingress-nginx", "ingress.yaml", ingress(""), "b.example.com /api http://app:9001 preserve_host"},
	{"ingress-nginx: password", "ingress-nginx", "ingress.yaml", ingress("auth-url: http://login/"), "the annotation auth-url"},
	{"ingress-nginx: addresses", "ingress-nginx", "ingress.yaml", ingress("whitelist-source-range: 10.0.0.0/8"), "the annotation whitelist-source-range"},
	{"ingress-nginx: rewrite", "ingress-nginx", "ingress.yaml", ingress("rewrite-target: /$1"), "the annotation rewrite-target"},
	{"ingress-nginx: certificates of the host", "ingress-nginx", "ingress.yaml", ingress("") + "---\n" + strings.NewReplacer("name: api", "name: other", "/api", "/other").Replace(ingress("auth-tls-secret: app/ca")), "auth-tls-secret"},
	{"ingress-nginx: lines of the host", "ingress-nginx", "ingress.yaml", ingress("") + "---\n" + strings.NewReplacer("name: api", "name: other", "/api", "/other").Replace(ingress("server-snippet: deny all;")), "server-snippet"},
	{"ingress-nginx: certificates of another host", "ingress-nginx", "ingress.yaml", strings.Replace(ingress("")+"---\n"+strings.NewReplacer("name: api", "name: other", "host: b.example.com", "host: c.example.com", "/api", "/api", "9001", "9002").Replace(ingress("auth-tls-secret: app/ca")), "enable-cors: \"true\"\n    nginx.ingress.kubernetes.io/cors-allow-origin: https://app.example.com\n    nginx.ingress.kubernetes.io/auth", "auth", 1), "b.example.com /api http://app:9001 preserve_host"},
	{"ingress-nginx: other paths of a host", "ingress-nginx", "ingress.yaml", ingress("") + "---\n" + strings.NewReplacer("name: api", "name: other", "host: b.example.com", "other: true", "/api", "/", "9001", "9002").Replace(ingress("")), "b.example.com /api http://app:9001 preserve_host\nit would have the requests for other paths of b.example.com, too, which has routes of its own"},
	{"ingress-nginx: host without paths", "ingress-nginx", "ingress.yaml", strings.Replace(ingress(""), "host: b.example.com", "other: true", 1) + "---\nkind: Ingress\nmetadata: {name: b}\nspec: {rules: [{host: b.example.com}]}\n", "Ingress b has some of its requests"},
	{"ingress-nginx: all paths of a host", "ingress-nginx", "ingress.yaml", ingress("") + "---\n" + strings.NewReplacer("name: api", "name: other", "host: b.example.com", "other: true", "/api", "/api/below", "9001", "9002").Replace(ingress("")), "b.example.com /api http://app:9001 preserve_host\n/api/below http://app:9002 preserve_host"},

	{"Traefik: hosts", "traefik", "dynamic.yml", traefik("rule: Host(`b.example.com`, `c.example.com`) && PathPrefix(`/api`)", "", ""), "b.example.com /api http://127.0.0.1:9001 preserve_host\nc.example.com /api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: alternatives", "traefik", "dynamic.yml", traefik("rule: (Host(`b.example.com`) || Host(`c.example.com`)) && (PathPrefix(`/api`) || PathPrefix(`/v2`))", "", ""), "b.example.com /api http://127.0.0.1:9001 preserve_host\nb.example.com /v2 http://127.0.0.1:9001 preserve_host\nc.example.com /api http://127.0.0.1:9001 preserve_host\nc.example.com /v2 http://127.0.0.1:9001 preserve_host"},
	{"Traefik: not", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`) && !ClientIP(`10.0.0.0/8`)", "", ""), "chooses its paths"},
	{"Traefik: several routers", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "b: {rule: PathPrefix(`/b`), middlewares: [cors], service: app}", ""), "/api http://127.0.0.1:9001 preserve_host\n/b http://127.0.0.1:9001 preserve_host"},
	{"Traefik: passHostHeader", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", ""), "app: {loadBalancer: {", "app: {loadBalancer: {passHostHeader: false, ", 1), "/api http://127.0.0.1:9001"},
	{"Traefik: password", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "basicAuth: {users: [a]}"), "its middleware extra is basicAuth"},
	{"Traefik: addresses", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "ipAllowList: {sourceRange: [10.0.0.0/8]}"), "its middleware extra is ipAllowList"},
	{"Traefik: chain", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "chain: {middlewares: [inner]}") + "    inner: {forwardAuth: {address: \"http://login\"}}\n", "its middleware inner is forwardAuth"},
	{"Traefik: chain of itself", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "chain: {middlewares: [extra, extra]}"), "its middleware extra"},
	{"Traefik: in a chain", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", "chain: {middlewares: [cors]}"), "[cors, extra]", "[extra]", 1), "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: compress", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "compress: {}"), "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: credential", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "headers: {customRequestHeaders: {Authorization: x}}"), "gives the upstream a credential"},
	{"Traefik: allowedHosts", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "headers: {allowedHosts: [b.example.com]}"), "its middleware extra has allowedhosts"},
	{"Traefik: guarded below", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "admin: {rule: PathPrefix(`/api/admin`), middlewares: [auth], service: app}", "") + "    auth: {basicAuth: {users: [a]}}\n", "router admin has some of its requests, and its middleware auth is basicAuth"},
	{"Traefik: guarded below, with CORS", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "admin: {rule: PathPrefix(`/api/admin`), middlewares: [cors, auth], service: app}", "") + "    auth: {basicAuth: {users: [a]}}\n", "its middleware auth is basicAuth"},
	{"Traefik: guarded aside", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "admin: {rule: PathPrefix(`/admin`), middlewares: [auth], service: app}", "") + "    auth: {basicAuth: {users: [a]}}\n", "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: no CORS below", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "in: {rule: PathPrefix(`/api/in`), service: app}", ""), "router in has some of its requests, without CORS headers"},
	{"Traefik: priority", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "all: {rule: PathPrefix(`/`), priority: 1000, service: app}", ""), "router all has some of its requests"},
	{"Traefik: low priority", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "low: {rule: PathPrefix(`/api/in`), priority: 1, service: app}", ""), "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: rest without CORS", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "all: {rule: PathPrefix(`/`), service: app}", ""), "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: redirect to https", "traefik", "dynamic.yml", traefik("rule: Host(`b.example.com`)\n      entryPoints: [websecure]\n      tls: {}", "plain: {rule: Host(`b.example.com`), entryPoints: [web], middlewares: [https], service: app}", "") + "    https: {redirectScheme: {scheme: https}}\n", "b.example.com / http://127.0.0.1:9001 preserve_host"},
	{"Traefik: redirect to https, with CORS", "traefik", "dynamic.yml", traefik("rule: Host(`b.example.com`)\n      entryPoints: [websecure]\n      tls: {}", "plain: {rule: Host(`b.example.com`), entryPoints: [web], middlewares: [https, cors], service: app}", "") + "    https: {redirectScheme: {scheme: https}}\n", "b.example.com / http://127.0.0.1:9001 preserve_host"},
	{"Traefik: redirects", "traefik", "dynamic.yml", traefik("rule: Host(`b.example.com`)\n      entryPoints: [web]", "", "") + "entryPoints: {web: {http: {redirections: {entryPoint: {to: websecure}}}}}\n", "the entry point web redirects its requests"},
	{"Traefik: path of the server", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", ""), ":9001", ":9001/base/", 1), "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: path of the server, kept", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", ""), ":9001\"", ":9001/base/\", preservePath: true", 1), "it sends /api… as /base/api…"},
	{"Traefik: guarded at another entry point", "traefik", "dynamic.yml", traefik("rule: Host(`b.example.com`)\n      entryPoints: [inside]", "out: {rule: Host(`b.example.com`), entryPoints: [websecure], middlewares: [auth], service: app}", "") + "    auth: {basicAuth: {users: [a]}}\n", "router out has some of its requests"},
	{"Traefik: guarded entry point", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "") + "    auth: {basicAuth: {users: [a]}}\nentryPoints:\n  web: {address: \":80\", http: {middlewares: [auth@file]}}\n", "its middleware auth is basicAuth"},
	{"Traefik: client certificates", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)\n      tls: {options: mtls}", "", "") + "tls: {options: {mtls: {clientAuth: {clientAuthType: RequireAndVerifyClientCert}}}}\n", "its TLS options mtls ask for certificates"},
	{"Traefik: client certificates of all", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)\n      tls: {}", "", "") + "tls: {options: {default: {clientAuth: {caFiles: [a]}}}}\n", "its TLS options default ask for certificates"},
	{"Traefik: TLS options elsewhere", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)\n      tls: {options: mtls@file}", "", ""), "its TLS options mtls are not in the file"},
	{"Traefik: plain TLS options", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)\n      tls: {options: modern}", "", "") + "tls: {options: {modern: {minVersion: VersionTLS13}}}\n", "/api http://127.0.0.1:9001 preserve_host"},
	{"Traefik: answers itself", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", ""), "service: app", "service: noop@internal", 1), "Traefik answers its requests itself"},

	{"Traefik labels: hosts", "traefik", "compose.yaml", traefikLabels("", ""), "b.example.com /api http://api:9001 preserve_host"},
	{"Traefik labels: upper case", "traefik", "compose.yaml", strings.Replace(traefikLabels("", ""), "routers.api.rule", "Routers.API.Rule", 1), "b.example.com /api http://api:9001 preserve_host"},
	{"Traefik labels: map", "traefik", "compose.yaml", strings.NewReplacer("- ", "", "=", ": ").Replace(traefikLabels("", "")), "b.example.com /api http://api:9001 preserve_host"},
	{"Traefik labels: password", "traefik", "compose.yaml", traefikLabels(",auth", "      - traefik.http.middlewares.auth.basicauth.users=a:b\n"), "its middleware auth is basicauth"},
	{"Traefik labels: of another file", "traefik", "compose.yaml", traefikLabels(",auth@file", ""), "its middleware auth is not in the file"},
	{"Traefik labels: below, of another service", "traefik", "compose.yaml", traefikLabels("", "  admin:\n    labels:\n      - traefik.http.routers.admin.rule=Host(`b.example.com`) && PathPrefix(`/api/admin`)\n      - traefik.http.services.admin.loadbalancer.server.port=9002\n"), "router admin has some of its requests"},
	{"Traefik labels: switched off", "traefik", "compose.yaml", traefikLabels("", "  admin:\n    labels:\n      - traefik.enable=false\n      - traefik.http.routers.admin.rule=Host(`b.example.com`) && PathPrefix(`/api/admin`)\n"), "b.example.com /api http://api:9001 preserve_host"},
	{"Traefik labels: client certificates", "traefik", "compose.yaml", traefikLabels("", "      - traefik.http.routers.api.tls=true\n      - traefik.http.routers.api.tls.options=mtls@file\n"), "its TLS options mtls are not in the file"},
	{"Traefik labels: guarded entry point", "traefik", "compose.yaml", traefikLabels("", "  traefik:\n    command:\n      - --entrypoints.web.address=:80\n      - --entrypoints.web.http.middlewares=auth@file\n"), "its middleware auth is not in the file"},
	{"Traefik labels: guarded entry point, as a text", "traefik", "compose.yaml", traefikLabels("", "  traefik:\n    command: >\n      --entrypoints.web.address=:80\n      --entrypoints.web.http.middlewares=auth@file\n"), "its middleware auth is not in the file"},
	{"Traefik labels: guarded entry point, as a variable", "traefik", "compose.yaml", traefikLabels("", "  traefik:\n    environment:\n      TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: auth@file\n"), "its middleware auth is not in the file"},
	{"Traefik labels: host of a variable", "traefik", "compose.yaml", strings.Replace(traefikLabels("", ""), "b.example.com", "${HOST}", 1), "chooses its paths"},
	{"Traefik labels: no port", "traefik", "compose.yaml", strings.Replace(traefikLabels("", ""), "loadbalancer.server.port=9001", "loadbalancer.passhostheader=true", 1), "the port of its service is not in the file"},
	{"Traefik labels: twice", "traefik", "compose.yaml", traefikLabels("", "  again:\n    labels:\n      - traefik.http.routers.api.middlewares=auth@file\n"), "router api is in more than one place"},

	{"IngressRoute: hosts", "traefik", "route.yaml", ingressRoute("", ""), "b.example.com /api http://app:9001 preserve_host"},
	{"IngressRoute: password", "traefik", "route.yaml", ingressRoute(", {name: auth}", "---\nkind: Middleware\nmetadata: {name: auth}\nspec: {digestAuth: {secret: s}}\n"), "its middleware auth is digestAuth"},
	{"IngressRoute: password of another namespace", "traefik", "route.yaml", ingressRoute(", {name: auth, namespace: one}", "---\nkind: Middleware\nmetadata: {name: auth, namespace: two}\nspec: {compress: {}}\n"), "its middleware auth is not in the file"},
	{"IngressRoute: below", "traefik", "route.yaml", ingressRoute("", "---\nkind: IngressRoute\nmetadata: {name: admin}\nspec:\n  routes:\n  - match: Host(`b.example.com`) && PathPrefix(`/api/admin`)\n    services: [{name: x, port: 1}]\n"), "IngressRoute admin has some of its requests"},
	{"IngressRoute: client certificates", "traefik", "route.yaml", ingressRoute("", "  tls: {options: {name: mtls}}\n---\nkind: TLSOption\nmetadata: {name: mtls}\nspec: {clientAuth: {secretNames: [a]}}\n"), "its TLS options mtls ask for certificates"},
	{"Ingress of Traefik", "traefik", "route.yaml", ingressRoute("", "---\nkind: Ingress\nmetadata: {name: in, annotations: {traefik.ingress.kubernetes.io/router.priority: '1000'}}\nspec: {rules: [{http: {paths: [{path: /api/in, backend: {service: {name: x, port: {number: 1}}}}]}}]}\n"), "Ingress in has some of its requests"},
	{"Ingress without a class", "traefik", "route.yaml", ingressRoute("", "---\nkind: Ingress\nmetadata: {name: in}\nspec: {rules: [{host: b.example.com, http: {paths: [{path: /api/in, backend: {service: {name: x, port: {number: 1}}}}]}}]}\n"), "Ingress in has some of its requests"},
	{"Ingress of another class", "traefik", "route.yaml", ingressRoute("", "---\nkind: Ingress\nmetadata: {name: in}\nspec: {ingressClassName: nginx, rules: [{host: b.example.com, http: {paths: [{path: /api/in, backend: {service: {name: x, port: {number: 1}}}}]}}]}\n"), "b.example.com /api http://app:9001 preserve_host"},
	{"Ingress of Traefik, with CORS", "traefik", "route.yaml", strings.Replace(ingressRoute("", ""), "kind: IngressRoute\nmetadata: {name: api}\nspec:\n  routes:\n  - match: Host(`b.example.com`) && PathPrefix(`/api`)\n    middlewares: [{name: cors}]\n    services: [{name: app, port: 9001}]\n", "kind: Ingress\nmetadata: {name: in, annotations: {traefik.ingress.kubernetes.io/router.middlewares: default-cors@kubernetescrd}}\nspec: {rules: [{host: b.example.com, http: {paths: [{path: /api, backend: {service: {name: app, port: {number: 9001}}}}]}}]}\n", 1), "b.example.com /api http://app:9001 preserve_host"},

	{"nginx: host", "nginx", "nginx.conf", nginxServer("", "proxy_set_header Host $host;"), "b.example.com /api/ http://127.0.0.1:9001 preserve_host"},
	{"nginx: no host", "nginx", "nginx.conf", nginxServer("", ""), "b.example.com /api/ http://127.0.0.1:9001"},
	{"nginx: host of the server", "nginx", "nginx.conf", nginxServer("proxy_set_header Host $http_host;", ""), "b.example.com /api/ http://127.0.0.1:9001 preserve_host"},
	{"nginx: host of the server, replaced", "nginx", "nginx.conf", nginxServer("proxy_set_header Host $http_host;", "proxy_set_header X-Real-IP $remote_addr;"), "b.example.com /api/ http://127.0.0.1:9001"},
	{"nginx: own host", "nginx", "nginx.conf", nginxServer("", "proxy_set_header Host $proxy_host;"), "b.example.com /api/ http://127.0.0.1:9001"},
	{"Caddy: host", "caddy", "Caddyfile", caddySite("http://127.0.0.1:9001"), "b.example.com / http://127.0.0.1:9001 preserve_host"},
	{"Caddy: host over TLS", "caddy", "Caddyfile", caddySite("https://api.example.net"), "b.example.com / https://api.example.net"},
	{"Caddy: host over TLS, kept", "caddy", "Caddyfile", caddySite("https://api.example.net {\n\t\theader_up Host {host}\n\t}"), "b.example.com / https://api.example.net preserve_host"},
	{"Caddy: hosts of another site", "caddy", "Caddyfile", strings.Replace(caddySite("http://127.0.0.1:9001"), "b.", "*.", 1) + "b.example.com {\n\treverse_proxy /api/* http://127.0.0.1:9002\n}\n", "hosts that other sites have"},
	{"Caddy: hosts elsewhere", "caddy", "Caddyfile", strings.Replace(caddySite("http://127.0.0.1:9001"), "b.", "*.", 1) + "b.example.net {\n\treverse_proxy /api/* http://127.0.0.1:9002\n}\n", "*.example.com / http://127.0.0.1:9001 preserve_host"},
	{"nginx: hosts of another server", "nginx", "nginx.conf", strings.Replace(strings.Replace(nginxServer("", ""), "b.", "*.", 1), "\n}\n}\n}\n", "\n}\n}\nserver {\nserver_name b.example.com;\nroot /srv;\n}\n}\n", 1), "requests for b.example.com, which another server answers"},
	{"nginx: hosts elsewhere", "nginx", "nginx.conf", strings.Replace(strings.Replace(nginxServer("", ""), "b.", "*.", 1), "\n}\n}\n}\n", "\n}\n}\nserver {\nserver_name b.example.net;\nroot /srv;\n}\n}\n", 1), "*.example.com /api/ http://127.0.0.1:9001"},
	{"Caddy: own host", "caddy", "Caddyfile", caddySite("http://127.0.0.1:9001 {\n\t\theader_up Host {upstream_hostport}\n\t}"), "b.example.com / http://127.0.0.1:9001"},
	{"ingress-nginx: addresses of all", "ingress-nginx", "ingress.yaml", "kind: ConfigMap\nmetadata: {name: controller}\ndata: {whitelist-source-range: 10.0.0.0/8}\n---\n" + ingress(""), "whitelist-source-range of the ConfigMap controller"},
}

func apacheHost(lines string) string {
	return "<VirtualHost *:80>\nServerName b.example.com\nServerAlias www.example.com\nHeader always set Access-Control-Allow-Origin https://app.example.com\n" + lines + "\n</VirtualHost>\n"
}

func haproxy(lines, use string) string {
	return "frontend web\n    bind :80\n    http-after-response set-header Access-Control-Allow-Origin *\n    " + lines + "\n    " + use + "\nbackend app\n    server a 127.0.0.1:9001\n"
}

func envoy(filter, route string) string {
	return `static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: 80}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          route_config:
            virtual_hosts:
            - name: web
              domains: [b.example.com]
              typed_per_filter_config:
                envoy.filters.http.cors: {allow_origin_string_match: [{exact: "https://app.example.com"}]}
              routes: [` + route + `]
          http_filters:
          - {name: envoy.filters.http.cors}
          ` + filter + `
          - {name: envoy.filters.http.router}
  clusters:
  - name: app
    load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9001}}}}]}]}
`
}

func kong(route, plugin string) string {
	return "services:\n- name: api\n  url: http://127.0.0.1:9001\n  routes: [{name: api, paths: [/api], " + route + "}]\n  plugins:\n  - name: cors\n    config: {origins: ['^https://app\\.example\\.com$'], methods: [PUT], headers: [X-A]}\n" + plugin
}

func istio(route, more string) string {
	return "kind: VirtualService\nmetadata: {name: api}\nspec:\n  hosts: [b.example.com]\n  http:\n  - {" + route + "match: [{uri: {prefix: /api}}], corsPolicy: {allowOrigins: [{exact: \"https://app.example.com\"}]}, route: [{destination: {host: app, port: {number: 9001}}}]}\n" + more
}

func gatewayRoute(filter, more string) string {
	return "kind: HTTPRoute\nmetadata: {name: api}\nspec:\n  hostnames: [b.example.com]\n  rules:\n  - matches: [{path: {type: PathPrefix, value: /api}}]\n    filters: [" + filter + "{type: CORS, cors: {allowOrigins: [\"https://app.example.com\"]}}]\n    backendRefs: [{name: app, port: 9001}]\n" + more
}

func ingress(annotation string) string {
	if annotation != "" {
		annotation = "    nginx.ingress.kubernetes.io/" + annotation + "\n"
	}
	return "kind: Ingress\nmetadata:\n  name: api\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: \"true\"\n    nginx.ingress.kubernetes.io/cors-allow-origin: https://app.example.com\n" + annotation +
		"spec:\n  rules:\n  - host: b.example.com\n    http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: app, port: {number: 9001}}}}]}\n"
}

// traefik returns a file with a router that has a rule, another router, and another
// middleware that the first router has; each but the rule may be "".
func traefik(rule, router, extra string) string {
	used := "[cors]"
	if extra != "" {
		used, extra = "[cors, extra]", "    extra: {"+extra+"}\n"
	}
	if router != "" {
		router = "    " + router + "\n"
	}
	return "http:\n  routers:\n    a:\n      " + rule + "\n      middlewares: " + used + "\n      service: app\n" + router +
		"  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:9001\"}]}}\n" +
		"  middlewares:\n    cors: {headers: {accessControlAllowOriginList: [\"https://app.example.com\"], addVaryHeader: true}}\n" + extra
}

func traefikLabels(middlewares, more string) string {
	const http = "      - traefik.http."
	return "services:\n  api:\n    labels:\n" +
		http + "routers.api.rule=Host(`b.example.com`) && PathPrefix(`/api`)\n" +
		http + "routers.api.middlewares=cors" + middlewares + "\n" +
		http + "services.api.loadbalancer.server.port=9001\n" +
		http + "middlewares.cors.headers.accesscontrolalloworiginlist=https://app.example.com\n" + more
}

func ingressRoute(middlewares, more string) string {
	return "kind: Middleware\nmetadata: {name: cors}\nspec:\n  headers: {accessControlAllowOriginList: [\"https://app.example.com\"], addVaryHeader: true}\n---\n" +
		"kind: IngressRoute\nmetadata: {name: api}\nspec:\n  routes:\n  - match: Host(`b.example.com`) && PathPrefix(`/api`)\n    middlewares: [{name: cors}" + middlewares + "]\n    services: [{name: app, port: 9001}]\n" + more
}

func nginxServer(lines, location string) string {
	return "http {\nserver {\nlisten 80;\nserver_name b.example.com;\n" + lines + "\nlocation /api/ {\nadd_header Access-Control-Allow-Origin https://app.example.com always;\n" + location + "\nproxy_pass http://127.0.0.1:9001;\n}\n}\n}\n"
}

func caddySite(upstream string) string {
	return "b.example.com {\n\theader Access-Control-Allow-Origin https://app.example.com\n\treverse_proxy " + upstream + "\n}\n"
}

// TestGuardedRoutes checks that no server is carried over as a route that is open
// where the server is not, or that is for hosts that it does not have.
func TestGuardedRoutes(t *testing.T) {
	for _, c := range guardedRoutes {
		t.Run(c.name, func(t *testing.T) {
			im := imported(c.stack, c.file, c.text)
			var lines []string
			open := strings.Contains(c.want, " http://") || strings.Contains(c.want, " https://")
			for _, r := range im.Routes {
				line := strings.TrimSpace(r.Host + " " + r.Path + " " + r.Upstream)
				switch {
				case r.Problem != "":
					line = r.Problem
				case r.PreserveHost:
					line += " preserve_host"
				}
				lines = append(lines, line)
			}
			got := strings.Join(lines, "\n")
			if open && got != c.want || !open && (strings.Contains(im.File(), "upstream:") || !strings.Contains(got, c.want)) {
				t.Errorf("routes:\n%s\nwant\n%s\n%s", got, c.want, im.File())
			}
			if !open && im.Whole(true) {
				t.Error("nothing is said")
			}
		})
	}
}

// TestOneListener checks that servers on different ports are said to become one.
func TestOneListener(t *testing.T) {
	second := strings.NewReplacer(":80", ":8443", "b.example.com", "c.example.com", "www.example.com", "d.example.com").Replace(apacheHost("ProxyPass / http://127.0.0.1:9002/"))
	im := imported("apache", "site.conf", apacheHost("ProxyPass / http://127.0.0.1:9001/")+second)
	if said := strings.Join(im.Lost(true), "\n"); !strings.Contains(said, "Requests for it come to port 8443") || im.Whole(true) {
		t.Errorf("said %q", said)
	}
	if said := strings.Join(im.Lost(false), "\n"); strings.Contains(said, "port 8443") {
		t.Errorf("said %q", said)
	}
}

// TestListeners checks what is said of routes that come to different places, and
// that hosts which a route cannot give to its upstream are said.
func TestListeners(t *testing.T) {
	nginx := func(port string) string {
		server := strings.TrimSuffix(strings.TrimPrefix(nginxServer("", ""), "http {\n"), "}\n")
		return "http {\n" + server + strings.NewReplacer("listen 80", "listen "+port, "b.example.com", "c.example.com").Replace(server) + "}\n"
	}
	caddy := func(port string) string {
		return caddySite("127.0.0.1:9001") + strings.Replace(caddySite("127.0.0.1:9001"), "b.example.com", "c.example.com:"+port, 1)
	}
	routers := func(first, second string) string {
		return traefik("rule: Host(`b.example.com`)\n      entryPoints: ["+first+"]", "c: {rule: Host(`c.example.com`), entryPoints: ["+second+"], middlewares: [cors], service: app}", "")
	}
	for _, c := range []struct{ name, stack, file, text, want string }{
		{"nginx", "nginx", "nginx.conf", nginx("8443"), "come to port 8443"},
		{"nginx, usual", "nginx", "nginx.conf", nginx("443"), ""},
		{"Caddy", "caddy", "Caddyfile", caddy("8443"), "come to port 8443"},
		{"Caddy, usual", "caddy", "Caddyfile", caddy("443"), ""},
		{"Traefik", "traefik", "dynamic.yml", routers("websecure", "inside"), "come to the entry point inside"},
		{"Traefik, usual", "traefik", "dynamic.yml", routers("web", "websecure"), ""},
		{"Traefik, ports", "traefik", "dynamic.yml", routers("websecure", "inside") + "entryPoints: {inside: {address: \"127.0.0.1:8443/tcp\"}}\n", "come to port 8443"},
		{"Traefik, usual ports", "traefik", "dynamic.yml", routers("web", "inside") + "entryPoints: {inside: {address: \":443\"}}\n", ""},

		{"nginx, host", "nginx", "nginx.conf", nginxServer("", "proxy_set_header Host api.example.net;"), "gets api.example.net as its Host"},
		{"Caddy, wildcard", "caddy", "Caddyfile", strings.Replace(caddySite("127.0.0.1:9001"), "b.", "*.", 1), "*.example.com is one name below example.com in Caddy"},
		{"Caddy, host", "caddy", "Caddyfile", caddySite("127.0.0.1:9001 {\n\t\theader_up Host api.example.net\n\t}"), "gets api.example.net as its Host"},
		{"Traefik, host", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "headers: {customRequestHeaders: {Host: api.example.net}}"), "gets api.example.net as its Host"},
		{"Traefik, header", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "headers: {customRequestHeaders: {X-Tenant: a}}"), "customRequestHeaders X-Tenant"},
		{"Traefik, rate", "traefik", "dynamic.yml", traefik("rule: PathPrefix(`/api`)", "", "rateLimit: {average: 100}"), "The middleware extra (rateLimit) applies to router a"},
		{"Traefik, servers", "traefik", "dynamic.yml", strings.Replace(traefik("rule: PathPrefix(`/api`)", "", ""), "servers: [", "servers: [{url: \"http://127.0.0.1:9000\"}, ", 1), "http://127.0.0.1:9001 left out"},
	} {
		im := imported(c.stack, c.file, c.text)
		said := strings.Join(im.Lost(true), "\n")
		if strings.Contains(said, "come to") != strings.Contains(c.want, "come to") || !strings.Contains(said, c.want) {
			t.Errorf("%s: said %q, want %q", c.name, said, c.want)
		}
		if !strings.Contains(im.File(), "upstream:") || strings.Contains(said, "No route") {
			t.Errorf("%s: not all routes in\n%s", c.name, im.File())
		}
	}
}

// TestTraefikFiles checks that routers, middlewares and entry points of Traefik are
// found in all files, and that a remark is about the file that it is from.
func TestTraefikFiles(t *testing.T) {
	files := map[string]string{
		"dynamic/cors.yml":    "http:\n  middlewares:\n    cors: {headers: {accessControlAllowOriginList: [\"https://app.example.com\"], addVaryHeader: true}}\n    slow: {rateLimit: {average: 1}}\n",
		"dynamic/routers.yml": "http:\n  routers:\n    api: {rule: PathPrefix(`/api`), middlewares: [cors, slow], service: app}\n  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:9001\"}]}}\n",
	}
	read := func() *importer.Import {
		var list []*source.File
		for _, name := range slices.Sorted(maps.Keys(files)) {
			list = append(list, &source.File{Name: name, Text: files[name]})
		}
		return importer.New(importer.Sites(source.Memory(list...), stacks.Lookup("traefik")))
	}
	im := read()
	if got := routesOf(im); got != "/api http://127.0.0.1:9001" {
		t.Errorf("routes:\n%s", got)
	}
	if said := strings.Join(im.Lost(true), "\n"); !strings.Contains(said, "dynamic/routers.yml:3:17 (lost): The middleware slow (rateLimit)") {
		t.Errorf("said %q", said)
	}
	files["traefik.yml"] = "entryPoints:\n  web: {address: \":80\", http: {middlewares: [login@file]}}\n"
	if got := routesOf(read()); !strings.Contains(got, "its middleware login is not in the file") {
		t.Errorf("with a guarded entry point:\n%s", got)
	}
	delete(files, "traefik.yml")
	files["compose.yaml"] = "services:\n  admin:\n    labels:\n      traefik.http.routers.admin.rule: PathPrefix(`/api/admin`)\n"
	if got := routesOf(read()); !strings.Contains(got, "router admin has some of its requests") {
		t.Errorf("with labels:\n%s", got)
	}
}
