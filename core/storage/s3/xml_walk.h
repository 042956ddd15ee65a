// walk_xml: the elements of a small XML document from a server that may be hostile.
//
// Purpose: error replies and listings of S3, by expat. No DTD, so no entities but XML's own five; at most 16
// levels; memory: the text of the open elements. Thread-safety: pure, any thread.
// Errors: kCorrupt for what is no whole document, or has what is refused; `visit` may end it with its own.
#pragma once

#include <functional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace neurofs {

// Called when an element ends. `path`: "/Error/Code"; `text`: its characters, without those of the elements
// in it. Both are borrowed for the call.
using XmlVisit = std::function<Status(std::string_view path, std::string_view text)>;

Status walk_xml(Bytes document, const XmlVisit& visit);

}  // namespace neurofs
