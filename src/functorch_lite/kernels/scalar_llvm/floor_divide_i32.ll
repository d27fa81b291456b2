; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare { i32, i1 } @llvm.uadd.with.overflow.i32(i32, i32) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.trunc.f64(double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr i32 @fl_scalar_floor_divide_i32(i32 %p0, i32 %p1) local_unnamed_addr #1 {
good:
  %0 = tail call { i32, i1 } @llvm.uadd.with.overflow.i32(i32 %p1, i32 1)
  %math.i = extractvalue { i32, i1 } %0, 0
  %ov.i = extractvalue { i32, i1 } %0, 1
  %.12.i.inv.i = icmp ugt i32 %math.i, 1
  %.14.i.i = select i1 %.12.i.inv.i, i32 %p1, i32 1
  %.12.i1.i = sitofp i32 %p0 to double
  %.14.i2.i = sitofp i32 %.14.i.i to double
  %.18.i.i = fdiv double %.12.i1.i, %.14.i2.i
  %.19.i.i = tail call double @llvm.trunc.f64(double %.18.i.i)
  %.20.i.i = fptosi double %.19.i.i to i64
  %.21.i.i = trunc i64 %.20.i.i to i32
  %.33.i.i = mul i32 %.14.i.i, %.21.i.i
  %.37.i.i = sub i32 %p0, %.33.i.i
  %.78.i = icmp ne i32 %p0, %.33.i.i
  %1 = xor i32 %.37.i.i, %.14.i.i
  %.87.i = icmp slt i32 %1, 0
  %.88.i = and i1 %.78.i, %.87.i
  %.92.i = sext i1 %.88.i to i32
  %.95.i = add i32 %.92.i, %.21.i.i
  %.106.i = sub i32 0, %p0
  %.19.i3.i = select i1 %ov.i, i32 %.106.i, i32 %.95.i
  %.29.i.i = icmp eq i32 %p1, 0
  %.33.i4.i = select i1 %.29.i.i, i32 0, i32 %.19.i3.i
  ret i32 %.33.i4.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
