#include "core/storage/s3/xml_walk.h"

#include <expat.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace neurofs {
namespace {

constexpr size_t kDepthLimit = 16;
constexpr size_t kNameLimit = 256;

class Walker {
 public:
  explicit Walker(const XmlVisit& visit) : visit_(visit), parser_(XML_ParserCreate(nullptr)) {}

  Status walk(Bytes document) {
    if (parser_ == nullptr) return no_memory("no memory to parse XML");
    if (document.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
      return corrupt("the XML is larger than 2 GiB");
    }
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), on_doctype);
    const auto* text = reinterpret_cast<const char*>(document.data());
    const auto parsed =
        XML_Parse(parser_.get(), text, static_cast<int>(document.size()), /*isFinal=*/1);
    if (!status_.ok() || parsed == XML_STATUS_OK) return status_;
    return corrupt("no well-formed XML: line " +
                   std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ": " +
                   XML_ErrorString(XML_GetErrorCode(parser_.get())));
  }

 private:
  static Walker& self(void* data) { return *static_cast<Walker*>(data); }
  static void on_start(void* data, const XML_Char* name, const XML_Char** /*attributes*/) {
    self(data).start(name);
  }
  static void on_end(void* data, const XML_Char* /*name*/) { self(data).end(); }
  static void on_text(void* data, const XML_Char* text, int length) {
    Walker& walker = self(data);
    if (!walker.texts_.empty()) walker.texts_.back().append(text, static_cast<size_t>(length));
  }
  static void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).stop(corrupt("the XML has a DTD, which no S3 server sends; refused"));
  }

  void start(std::string_view name) {
    if (texts_.size() == kDepthLimit || name.size() > kNameLimit) {
      return stop(corrupt("the XML is nested deeper than any reply of S3; refused"));
    }
    path_.append("/").append(name);
    texts_.emplace_back();
  }
  void end() {
    if (!status_.ok() || texts_.empty()) return;
    Status status = visit_(path_, texts_.back());
    texts_.pop_back();
    path_.resize(path_.rfind('/'));
    if (!status.ok()) stop(std::move(status));
  }
  void stop(Status why) {
    if (status_.ok()) status_ = std::move(why);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };
  const XmlVisit& visit_;
  const std::unique_ptr<XML_ParserStruct, Free> parser_;
  Status status_;
  std::string path_;
  std::vector<std::string> texts_;  // of the open elements
};

}  // namespace

Status walk_xml(Bytes document, const XmlVisit& visit) {
  return Walker(visit).walk(document);
}

}  // namespace neurofs
