// Where a server may send us: the rules for redirects.
//
// Purpose: a server that is not trusted sends nobody to what this machine alone can reach. Pure; any thread. Where a
// proxy makes the connection, it resolves the name, and the address in the URL is all that can be looked at here.
// Errors: kIoError, naming both URLs without secrets.
#pragma once

#include <sys/socket.h>

#include <string>

#include "core/base/result.h"

namespace neurofs {

// Whether scheme, host and port stay the same. Not ok: from https to http, to another scheme, or to a link-local
// address, in whatever form it is written.
Result<bool> check_redirect(const std::string& url, const std::string& target);

// Where the machines of clouds tell secrets to whoever asks.
bool is_link_local(const sockaddr& address);

}  // namespace neurofs
