// Registry<T>: the plugins of one seam, by name.
//
// Purpose: a new codec, store, policy or view is one file and one registration line:
//   const Registration<CodecRegistry> kGzip("gzip", "DEFLATE in a gzip member (RFC 1952)",
//   factory);
// Thread-safety: registration happens before main(); look-ups later need no lock.
// The files that register live in OBJECT libraries: a linker drops unreferenced members of a STATIC
// library silently. A test asserts the exact names.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace neurofs {

template <typename Factory>
class Registry {
 public:
  struct Plugin {
    std::string description;  // one line, shown by `neurofs plugins`
    Factory factory;
  };

  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  void add(std::string name, std::string description, Factory factory) {
    plugins_.emplace(std::move(name), Plugin{std::move(description), std::move(factory)});
  }
  const Plugin* find(std::string_view name) const {
    const auto it = plugins_.find(name);
    return it == plugins_.end() ? nullptr : &it->second;
  }
  const std::map<std::string, Plugin, std::less<>>& all() const { return plugins_; }

 private:
  std::map<std::string, Plugin, std::less<>> plugins_;
};

template <typename RegistryType>
struct Registration {
  template <typename Factory>
  Registration(std::string name, std::string description, Factory factory) {
    RegistryType::instance().add(std::move(name), std::move(description), std::move(factory));
  }
};

}  // namespace neurofs
