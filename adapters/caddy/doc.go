// Package corsaccaddy is corsac's policy in Caddy: the module
// http.handlers.corsac and the Caddyfile directive corsac.
//
//	example.com {
//		corsac /api/* {
//			allow_origins https://app.example.com
//			allow_methods PUT
//		}
//		reverse_proxy /api/* 127.0.0.1:9000
//	}
//
// It is [cors.Middleware.WrapWith] with Override, which package cors documents:
//
//   - It answers preflights, and passes everything else on.
//   - The policy owns CORS. When the header of a response is written, it replaces
//     what others have set: the server behind reverse_proxy, the header directive,
//     and Caddy itself for its own errors.
//   - The directive runs before header, and so before whatever redirects,
//     authenticates or answers.
package corsaccaddy
