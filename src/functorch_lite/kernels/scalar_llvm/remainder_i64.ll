; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr i64 @fl_scalar_remainder_i64(i64 %p0, i64 %p1) local_unnamed_addr #0 {
  %1 = add i64 %p1, 1
  %.12.i.i = icmp ult i64 %1, 2
  %.14.i.i = select i1 %.12.i.i, i64 1, i64 %p1
  %.15.i.i = icmp eq i64 %.14.i.i, 0
  br i1 %.15.i.i, label %good, label %B120.else.i.i, !prof !0

B120.else.i.i:                                    ; preds = %0
  %.26.i.i = icmp ne i64 %p0, -9223372036854775808
  %.27.i.i = icmp ne i64 %.14.i.i, -1
  %.28.not.i.i = or i1 %.26.i.i, %.27.i.i
  br i1 %.28.not.i.i, label %B120.else.if.i.i, label %good, !prof !1

B120.else.if.i.i:                                 ; preds = %B120.else.i.i
  %2 = or i64 %.14.i.i, %p0
  %3 = icmp ult i64 %2, 4294967296
  br i1 %3, label %4, label %11

4:                                                ; preds = %B120.else.if.i.i
  %5 = trunc nuw i64 %.14.i.i to i32
  %6 = trunc nuw i64 %p0 to i32
  %7 = udiv i32 %6, %5
  %8 = urem i32 %6, %5
  %9 = zext i32 %7 to i64
  %10 = zext i32 %8 to i64
  br label %14

11:                                               ; preds = %B120.else.if.i.i
  %12 = sdiv i64 %p0, %.14.i.i
  %13 = srem i64 %p0, %.14.i.i
  br label %14

14:                                               ; preds = %11, %4
  %15 = phi i64 [ %9, %4 ], [ %12, %11 ]
  %16 = phi i64 [ %10, %4 ], [ %13, %11 ]
  %.33.i.i = xor i64 %16, %.14.i.i
  %.34.i.i = icmp slt i64 %.33.i.i, 0
  %.35.i.i = icmp ne i64 %16, 0
  %.36.i.i = and i1 %.35.i.i, %.34.i.i
  %.41.i.i = sext i1 %.36.i.i to i64
  %spec.select.i.i = add i64 %15, %.41.i.i
  br label %good

good:                                             ; preds = %14, %B120.else.i.i, %0
  %quot.0.i.i = phi i64 [ 0, %0 ], [ 0, %B120.else.i.i ], [ %spec.select.i.i, %14 ]
  %.59.i.i = mul nsw i64 %quot.0.i.i, %.14.i.i
  %.61.i.i = icmp ne i64 %.59.i.i, %p0
  %17 = xor i64 %.14.i.i, %p0
  %.66.i.i = icmp slt i64 %17, 0
  %.67.i.i = and i1 %.66.i.i, %.61.i.i
  %.69.i.i = zext i1 %.67.i.i to i64
  %.71.i.i = add nsw i64 %quot.0.i.i, %.69.i.i
  %.80.i.i = mul nsw i64 %.71.i.i, %.14.i.i
  %.84.i.i = sub nsw i64 %p0, %.80.i.i
  %.75.i = icmp ne i64 %p0, %.80.i.i
  %18 = xor i64 %.84.i.i, %.14.i.i
  %.80.i = icmp slt i64 %18, 0
  %.81.i = and i1 %.75.i, %.80.i
  %.84.i = select i1 %.81.i, i64 %.14.i.i, i64 0
  %.88.i = add nsw i64 %.84.i, %.84.i.i
  %.33.i1.i = select i1 %.12.i.i, i64 0, i64 %.88.i
  ret i64 %.33.i1.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }

!0 = !{!"branch_weights", i32 1, i32 99}
!1 = !{!"branch_weights", i32 99, i32 1}
