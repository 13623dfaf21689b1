package front

import "net/http"

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
