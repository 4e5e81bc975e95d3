// Laws of spelling and quoting in messages.
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace deltarule::base {
namespace {

using Strings = std::vector<std::string>;

TEST(Text, edit_distance_counts_single_changes) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "ABC"), 0U) << "case does not count";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("lenght", "length"), 1U) << "a swap of neighbours is one change";
  EXPECT_EQ(edit_distance("species", "specis"), 1U);
}

TEST(Text, edit_distance_is_symmetric_and_bounded_by_the_lengths) {
  Random random(1, Stream::generate);
  const auto word = [&] {
    std::string text;
    for (std::uint32_t n = random.below(8); n > 0; --n) text += static_cast<char>('a' + random.below(3));
    return text;
  };
  std::size_t compared = 0;
  for (int i = 0; i < 5000; ++i, ++compared) {
    const std::string a = word();
    const std::string b = word();
    const std::size_t distance = edit_distance(a, b);
    ASSERT_EQ(distance, edit_distance(b, a)) << a << " " << b;
    ASSERT_EQ(distance == 0, a == b);
    ASSERT_LE(distance, std::max(a.size(), b.size()));
    ASSERT_GE(distance, std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
  }
  EXPECT_EQ(compared, 5000U);
}

TEST(Text, the_nearest_spelling_is_near_or_nothing) {
  const Strings names = {"species", "island", "bill_length_mm", "sex"};
  EXPECT_EQ(nearest_spelling("specis", names), "species");
  EXPECT_EQ(nearest_spelling("Island", names), "island");
  EXPECT_EQ(nearest_spelling("bill_lenght", names), "bill_length_mm");
  EXPECT_EQ(nearest_spelling("wingspan", names), "");
  EXPECT_EQ(nearest_spelling("", names), "");
  EXPECT_EQ(nearest_spelling("a", Strings{"b"}), "") << "nothing of the word would be left";
  EXPECT_EQ(nearest_spelling("ab", Strings{"ax", "ay"}), "ax") << "the first of equals";
  EXPECT_EQ(did_you_mean("sexx", names), "did you mean \"sex\"?");
  EXPECT_EQ(did_you_mean("zzzzz", names), "");
}

TEST(Text, quoted_text_is_printable_and_short) {
  EXPECT_EQ(quoted("a b"), "\"a b\"");
  EXPECT_EQ(quoted("a\"b\\\n\t\r\x01\x7F"), "\"a\\\"b\\\\\\n\\t\\r\\x01\\x7f\"");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc…\"");
  EXPECT_EQ(quoted("ab€", 3), "\"ab…\"") << "never inside a character";
  EXPECT_EQ(base::quoted(std::string(8'000'000, 'x')).size(), 60U + 2 + std::string("…").size());
}

TEST(Text, lists_and_counts_read_like_prose) {
  EXPECT_EQ(rounded(0.013249), "0.01325");
  EXPECT_EQ(rounded(2.8736458e30), "2.874e+30");
  EXPECT_EQ(rounded(3), "3");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(listed(Strings{}), "");
  EXPECT_EQ(listed(Strings{"a"}), "\"a\"");
  EXPECT_EQ(listed(Strings{"a", "b", "c"}), "\"a\", \"b\" and \"c\"");
  EXPECT_EQ(listed(Strings{"a", "b", "c", "d"}, 2), "\"a\", \"b\" and 2 more");
}

}  // namespace
}  // namespace deltarule::base
