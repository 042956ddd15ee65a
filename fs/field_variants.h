// What "@..." below a directory of a field means: the field through another lens, or in another order.
//
// Purpose: the rules by which lenses and orders follow one another, for the mount and for explain_name: lenses chain,
// before an order or after it; a path has one order, in a directory of its own. Pure, thread-safe. Errors: kNotFound for
// what is no name here, with the reason; kOverflow where the whole field would pass 2^63 - 1 bytes.
#pragma once

#include <memory>
#include <string_view>

#include "fs/field_files.h"

namespace neurofs {

// The lens that "@name" below `shown` stands for; "raw" may come first only where `may_be_raw`.
Result<Lens> shown_lens(const FieldFiles& shown, bool may_be_raw, std::string_view name);

// What "@name" below `shown` asks for. Precondition: is_order_name(name).
Result<OrderName> shown_order_name(const FieldFiles& shown, std::string_view name);
// The order itself. `selection`: of the name's selection, null for a shuffle.
Result<std::shared_ptr<const NeuronOrder>> shown_order(const FieldFiles& shown,
                                                       const OrderName& name,
                                                       std::shared_ptr<const Selection> selection);

}  // namespace neurofs
